/// Runs a thing once after a pause, however often it is asked for meanwhile.
import { useCallback, useEffect, useRef } from 'react';

export function useThrottled(run: () => void, pauseMs: number): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      latest.current();
    }, pauseMs);
  }, [pauseMs]);
}
