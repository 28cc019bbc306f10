"""generated = indexed + declared dropped, and nothing twice: read from the centre, instance by instance, lane by lane."""

from collections import defaultdict


class Accounts:
    """What the centre has of a sensor."""

    def __init__(self, centre, name):
        self.numbers = defaultdict(set)
        self.marks, self.twice, self.faults, self.declared = set(), [], [], 0
        self.events = 0
        for event in centre.events(f"sensor:{name}"):
            instance, lane, number = event["id"].rsplit("-", 2)
            self.take((instance, int(lane)), int(number))
            self.events += 1
            mark = event["record"].get("lab")
            if mark is not None:
                if (instance, mark) in self.marks:
                    self.twice.append(f"line {mark} of {instance}")
                self.marks.add((instance, mark))
        self.reasons = defaultdict(int)
        for gap in centre.events(f"record.status:gap AND record.sensor:{name}"):
            record = gap["record"]
            count = record["last"] + 1 - record["first"]
            self.declared += count
            self.reasons[record["reason"]] += count
            for number in range(record["first"], record["last"] + 1):
                self.take((record["instance"], record["lane"]), number)
        for (instance, lane), numbers in self.numbers.items():
            if len(numbers) != max(numbers):
                holes = sorted(set(range(1, max(numbers))) - numbers)
                self.faults.append(f"{instance} lane {lane}: {len(holes)} numbers are neither, from {holes[0]}")

    def take(self, lane, number):
        if number in self.numbers[lane]:
            self.twice.append(f"number {number} of {lane}")
        self.numbers[lane].add(number)

    def check(self, name, written):
        """What is wrong, in sentences; `written` lines went into its log."""
        wrong = [f"{name}: {fault}" for fault in self.faults]
        wrong += [f"{name}: twice: {what}" for what in self.twice[:5]]
        missing = written - len(self.marks)
        if missing > self.declared or missing < 0:
            wrong.append(f"{name}: {written} lines, {len(self.marks)} indexed, {self.declared} declared")
        return wrong
