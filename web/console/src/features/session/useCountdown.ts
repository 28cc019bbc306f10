/// Whole seconds until something may be tried again.
import { useEffect, useState } from 'react';

export interface Countdown {
  left: number;
  start: (seconds: number) => void;
}

export function useCountdown(): Countdown {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return { left, start: (seconds) => setLeft(Math.max(1, Math.ceil(seconds))) };
}
