/// happy-dom has no layout: give elements a size so that virtual lists draw rows, and tidy up.
import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

for (const [name, value] of [['clientHeight', 800], ['clientWidth', 1200]] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value });
}

afterEach(() => {
  cleanup();
  localStorage.clear();
});
