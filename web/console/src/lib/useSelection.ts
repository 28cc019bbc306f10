/// The selected row: chosen at once, written to the URL a moment later, so that holding a key down
/// moves at full speed and still leaves a link that can be pasted.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';

const WRITE_AFTER_MS = 150;

export function useSelection(name: string): [string | null, (id: string | null) => void] {
  const [params, setParams] = useSearchParams();
  const inUrl = params.get(name);
  const [chosen, setChosen] = useState(inUrl);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const written = useRef<(string | null)[]>([]);
  const write = useRef<(id: string | null) => void>(() => undefined);
  useLayoutEffect(() => {
    write.current = (id) => {
      if (id === inUrl) return;
      written.current.push(id);
      setParams(
        (last) => {
          if (id === null) last.delete(name);
          else last.set(name, id);
          return last;
        },
        { replace: true },
      );
    };
  });

  // Our own writes come back through the URL and say nothing new; anything else is a link or Back.
  useEffect(() => {
    const at = written.current.indexOf(inUrl);
    if (at >= 0) {
      written.current.splice(0, at + 1);
      return;
    }
    written.current = [];
    stop(timer);
    setChosen(inUrl);
  }, [inUrl]);
  useEffect(() => () => stop(timer), []);

  const select = useCallback((id: string | null) => {
    setChosen(id);
    stop(timer);
    timer.current = setTimeout(() => write.current(id), WRITE_AFTER_MS);
  }, []);
  return [chosen, select];
}

function stop(timer: { current: ReturnType<typeof setTimeout> | null }): void {
  if (timer.current !== null) clearTimeout(timer.current);
  timer.current = null;
}
