/// happy-dom has no layout: give elements a size so that virtual lists draw rows, and tidy up.
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

for (const [name, value] of [['clientHeight', 800], ['clientWidth', 1200]] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value });
}

// A busy machine is slow, not wrong: waits end when the thing is there, so a long limit costs nothing.
configure({ asyncUtilTimeout: 15_000 });

afterEach(() => {
  cleanup();
  localStorage.clear();
});
