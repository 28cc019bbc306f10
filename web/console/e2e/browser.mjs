/// What the browser stories share: a centre, a browser, and what must hold after every step: no page
/// scrolls sideways, logs an error, or breaches the content policy.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { startDemo } from './centre.mjs';

const PICTURES = process.env.HAIDANG_PICTURES;
const FLAGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Tells a story step by step on a centre of its own, the demo unless told; a step is its name and what is done. */
export async function tell(t, steps, start = startDemo) {
  const centre = await start();
  const browser = await open();
  try {
    const page = await newPage(browser, 1366, 768);
    for (const [name, act] of steps) {
      await t.test(name, async () => {
        await act(page, centre);
        await picture(page, name);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(wide <= 0, `the page scrolls sideways by ${wide} px`);
        assert.deepEqual(page.complaints, []);
      });
    }
  } finally {
    await browser.close();
    await centre.stop();
  }
}

async function open() {
  const executablePath = new URL('chromium.sh', import.meta.url).pathname;
  // Not every container lets an unprivileged user make the browser's sandbox.
  try {
    return await chromium.launch({ executablePath, args: FLAGS, chromiumSandbox: true });
  } catch (error) {
    process.stderr.write(`no sandbox for the browser here: ${String(error).split('\n')[0]}\n`);
    return chromium.launch({ executablePath, args: FLAGS, chromiumSandbox: false });
  }
}

async function newPage(browser, width, height) {
  const context = await browser.newContext({ viewport: { width, height }, locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh', reducedMotion: 'reduce' });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(error.message));
  page.on('console', (message) => {
    // An answer that says no is part of the story; what the page itself gets wrong is not.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) page.complaints.push(message.text());
  });
  return page;
}

export async function signIn(page, user, password) {
  await page.locator('input').nth(0).fill(user);
  await page.locator('input').nth(1).fill(password);
  await page.keyboard.press('Enter');
}

export function row(page, title) {
  return page.locator('.alert-row:not(.alert-head)').filter({ hasText: title }).first();
}

export function tab(page, name) {
  return page.getByRole('tab', { name });
}

async function picture(page, name) {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/${name.replaceAll(' ', '-')}.png` });
}
