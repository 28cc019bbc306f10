/// The build, the proxy to a real centre, and (mode `mock`) the invented one.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { mock } from './dev/mock.ts';

/** A real centre to develop against; its certificate is its own. */
const CENTRE = { target: process.env.HAIDANG_URL ?? 'https://127.0.0.1:8443', secure: false };

export default defineConfig(({ mode }) => ({
  base: '/',
  plugins: mode === 'mock' ? [react(), mock()] : [react()],
  server: {
    port: 5173,
    proxy: mode === 'mock' ? undefined : { '/api': CENTRE },
  },
  build: {
    target: ['chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  test: {
    environment: 'happy-dom',
    setupFiles: ['dev/test-setup.ts'],
    restoreMocks: true,
    testTimeout: 60_000,
  },
}));
