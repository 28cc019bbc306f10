/// The browser story: one working quarter of an hour of an analyst, on the real program.
///
/// Sign in, find the alert of the tunnel, read why it fired, go from it to its events, acknowledge it,
/// close it with a verdict and a note, reopen it, look at the sources, change language, sign out. On
/// the way no page may scroll sideways, log an error, or breach the content policy.
/// `HAIDANG_PICTURES=DIR` keeps a picture of each step.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { row, signIn, tab, tell } from './browser.mjs';

test('an analyst triages an alert of the demo', { timeout: 240_000 }, (t) => tell(t, STEPS));

/** The alert of the tunnel, in both languages. */
const TUNNEL = /Đường hầm DNS|DNS tunnel/;

const STEPS = [
  ['a wrong password is told and lets nobody in', async (page, demo) => {
    await page.goto(demo.address);
    await page.waitForURL(/sign-in/);
    await signIn(page, demo.user, 'sai-mat-khau');
    await page.waitForSelector('.signin-bad');
    assert.match(await page.textContent('.signin-bad'), /Sai tên đăng nhập hoặc mật khẩu/);
  }],
  ['signing in opens the queue, under the banner of the exercise', async (page, demo) => {
    await signIn(page, demo.user, demo.password);
    await page.waitForURL(/\/alerts/);
    await page.getByText('DIỄN TẬP').first().waitFor();
    await row(page, TUNNEL).waitFor();
  }],
  ['the alert of the tunnel says why it fired and who wrote the rule', async (page) => {
    await row(page, TUNNEL).dblclick();
    await page.waitForURL(/\/alerts\/[0-9a-f]+/);
    await page.waitForSelector('.alert-top');
    const text = await page.textContent('main');
    assert.match(text, /10\.60\.31\.21/);
    assert.match(text, /haidang/i);
  }],
  ['from the alert one comes to its events', async (page) => {
    await tab(page, 'Sự kiện').click();
    await page.getByText('10.60.31.21').first().waitFor();
    await page.locator('main a[href^="/hunt"]').first().click();
    await page.waitForURL(/\/hunt\?/);
    await page.waitForSelector('.event-row:not(.event-head)');
    await page.goBack();
    await page.waitForSelector('.alert-top');
  }],
  ['acknowledging is one key', async (page) => {
    await page.keyboard.press('e');
    await page.locator('.alert-top').getByText('Đã nhận').waitFor();
  }],
  ['closing asks for a verdict and keeps the note', async (page) => {
    await page.keyboard.press('c');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('1');
    await page.getByRole('dialog').locator('textarea').fill('Đường hầm iodine, máy đã cách ly.');
    await page.getByRole('dialog').locator('button[type=submit], .button-primary').last().click();
    await page.locator('.alert-top').getByText('Đã đóng').waitFor();
    await tab(page, /Lịch sử/).click();
    await page.getByText('Đường hầm iodine, máy đã cách ly.').first().waitFor();
  }],
  ['a closed alert can be reopened', async (page) => {
    await page.getByRole('button', { name: /Mở lại/ }).first().click();
    await page.locator('.alert-top').getByText(/Mới|Đã nhận|Đang xử lý/).first().waitFor();
  }],
  ['the hunt finds a name in a record', async (page) => {
    await page.goto(new URL('/hunt?q=kind:dns AND dns.queries.rrname:*.vn', page.url()).href);
    await page.waitForSelector('.event-row:not(.event-head)');
    await page.keyboard.press('j');
    await page.getByText('dns.question.name').first().waitFor();
  }],
  ['the board of sources knows every input', async (page) => {
    await page.goto(new URL('/sources', page.url()).href);
    await page.getByText('dns-tunnel.pcap').first().waitFor();
  }],
  ['health says how the system is', async (page) => {
    await page.goto(new URL('/health', page.url()).href);
    await page.waitForSelector('main h1, main h2');
  }],
  ['the other language is complete', async (page) => {
    await page.goto(new URL('/alerts', page.url()).href);
    await row(page, TUNNEL).waitFor();
    await page.evaluate(() => localStorage.setItem('haidang.language', 'en'));
    await page.reload();
    await page.getByText('EXERCISE').first().waitFor();
    await row(page, TUNNEL).waitFor();
  }],
  ['signing out ends the session', async (page) => {
    await page.locator('header').getByRole('button', { name: /admin|Account|Quản trị/ }).first().click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL(/sign-in/);
    const answer = await page.request.get(new URL('/api/v1/alerts', page.url()).href);
    assert.equal(answer.status(), 401);
  }],
];
