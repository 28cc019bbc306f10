/// How long a sensor may be silent, in steps that people name.

/** From half a minute to a month, as the centre has it. */
export const SILENCES: readonly number[] = [30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800, 2_592_000];

export interface Words {
  seconds: (n: string) => string;
  minutes: (n: string) => string;
  hoursOf: (n: string) => string;
  days: (n: string) => string;
}

/** `5 phút`: in the largest unit that says it exactly. */
export function silenceText(seconds: number, words: Words): string {
  const units: [number, (n: string) => string][] = [
    [86_400, words.days],
    [3_600, words.hoursOf],
    [60, words.minutes],
  ];
  const [size, say] = units.find(([each]) => seconds >= each && seconds % each === 0) ?? [1, words.seconds];
  return say(String(seconds / size));
}

/** The steps, with the sensor's own when it is none of them. */
export function silencesWith(own: number): number[] {
  return [...new Set([...SILENCES, own])].sort((a, b) => a - b);
}
