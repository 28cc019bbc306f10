/// The browser story of tuning: rules looked up, a false alarm made an exception, a rule turned off and
/// on, a pack previewed, applied and taken back, on the real program.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { row, signIn, tell } from './browser.mjs';
import { zip } from './zip.mjs';

test('an analyst tunes the rules of the demo', { timeout: 300_000 }, (t) => tell(t, STEPS));

/** The rule and the alert of the tunnel, in Vietnamese. */
const TUNNEL = /^Đường hầm DNS$/;

/** A rule that the demo's own DNS meets. */
const PACK = zip({
  'goi/LICENSE': 'Apache-2.0\n',
  'goi/dns-any.yml': [
    'title: Any DNS request of the story',
    'id: 5d0f3f0e-64a1-4a1e-9d5c-2f0f6a3b7c11',
    'status: test',
    'author: haidang project',
    'license: Apache-2.0',
    'description: Every DNS request, to see the preview count.',
    'level: low',
    'tags:',
    '  - attack.t1071.004',
    'logsource:',
    '  category: dns',
    'detection:',
    '  request:',
    '    dns.type: request',
    '  condition: request',
    '',
  ].join('\n'),
  'goi/bad.yml': 'title: A rule without a detection\n',
});

const at = (page, path) => page.goto(new URL(path, page.url()).href);
const dialog = (page) => page.locator('[role=dialog], [role=alertdialog]');
const why = async (page, text) => dialog(page).getByLabel('Lý do').fill(text);
const submit = (page) => dialog(page).locator('button[type=submit]').click();

const STEPS = [
  ['signing in', async (page, demo) => {
    await page.goto(demo.address);
    await page.waitForURL(/sign-in/);
    await signIn(page, demo.user, demo.password);
    await row(page, /Đường hầm DNS/).waitFor();
  }],
  ['the list of rules is searched as one types', async (page) => {
    await at(page, '/rules');
    await page.waitForSelector('.rule-row:not(.rule-head)');
    await page.keyboard.press('/');
    await page.keyboard.type('hầm DNS');
    await page.waitForURL(/text=/);
    await page.getByRole('link', { name: TUNNEL }).waitFor();
  }],
  ['a rule says what it is, its text and what it counts', async (page) => {
    await page.getByRole('link', { name: TUNNEL }).click();
    await page.waitForURL(/\/rules\/[0-9a-f-]{36}/);
    await page.getByRole('heading', { level: 1, name: TUNNEL }).waitFor();
    const text = await page.textContent('main');
    assert.match(text, /timespan: 1m/);
    assert.match(text, /Apache-2\.0/);
    assert.match(text, /haidang/i);
  }],
  ['the matrix leads to the rules of a technique', async (page) => {
    await at(page, '/rules/attack');
    const control = page.getByRole('region', { name: /Command and Control/ });
    const cell = control.locator('.cell').filter({ hasText: 'T1071' });
    await cell.locator('summary').click();
    await cell.getByRole('link', { name: 'T1071.004 DNS' }).click();
    await page.waitForURL(/tag=attack\.t1071\.004/);
    await page.getByRole('link', { name: TUNNEL }).waitFor();
  }],
  ['an alert becomes an exception, whose effect is seen before', async (page) => {
    await at(page, '/alerts');
    await row(page, /Đường hầm DNS/).click();
    await page.waitForSelector('.preview-head');
    await page.keyboard.press('s');
    await dialog(page).locator('.silence strong').first().waitFor();
    assert.match(await dialog(page).locator('.silence').textContent(), /\d+ sẽ không xuất hiện/);
    await why(page, 'Máy chủ diệt virus tra mã băm qua DNS.');
    await submit(page);
    await page.getByText('Đã tạo ngoại lệ.').waitFor();
  }],
  ['the exception is in force, with owner, reason and end', async (page) => {
    await at(page, '/rules/exceptions');
    const item = page.locator('.exception').filter({ hasText: 'Máy chủ diệt virus' });
    await item.getByText('Đang áp dụng').waitFor();
    await item.getByRole('button', { name: 'Gia hạn' }).click();
    await dialog(page).getByLabel('90 ngày').check();
    await submit(page);
    await page.getByText('Đã gia hạn ngoại lệ.').waitFor();
  }],
  ['and is removed with a reason', async (page) => {
    const item = page.locator('.exception').filter({ hasText: 'Máy chủ diệt virus' });
    await item.getByRole('button', { name: 'Bỏ ngoại lệ' }).click();
    await why(page, 'Máy chủ đã thay.');
    await submit(page);
    await item.waitFor({ state: 'detached' });
  }],
  ['a rule is turned off, says who and why, and is turned on again', async (page) => {
    await at(page, '/rules?text=hầm DNS');
    await page.getByRole('link', { name: TUNNEL }).click();
    await page.waitForSelector('.rule-top');
    await page.keyboard.press('o');
    await dialog(page).getByLabel('Tắt ở mọi điểm').check();
    await why(page, 'Chờ chỉnh ngưỡng.');
    await submit(page);
    await page.locator('.off-note').getByText('Chờ chỉnh ngưỡng.').waitFor();
    await page.keyboard.press('o');
    await dialog(page).getByLabel('Bật ở mọi điểm').check();
    await why(page, 'Đã chỉnh.');
    await submit(page);
    await page.locator('.off-note').waitFor({ state: 'detached' });
  }],
  ['a pack is previewed on the events that are stored', async (page) => {
    await at(page, '/rules/packs');
    await page.getByRole('button', { name: 'Chọn tệp zip' }).waitFor();
    await page.setInputFiles('input[type=file]', { name: 'Gói thử.zip', mimeType: 'application/zip', buffer: PACK });
    await page.getByRole('button', { name: 'Gửi và xem trước' }).click();
    await page.waitForURL(/\/rules\/imports\//);
    await page.getByText('Any DNS request of the story').waitFor();
    await page.getByText('1 luật bị từ chối').waitFor();
    await page.getByText(/^Đã thử trên/).waitFor();
    await page.getByText('Gây nhiễu', { exact: true }).waitFor();
  }],
  ['one finds back to what waits', async (page) => {
    await at(page, '/rules/packs');
    await page.getByRole('link', { name: 'Xem trước gói goi-thu' }).click();
    await page.waitForURL(/\/rules\/imports\//);
  }],
  ['it is applied and its rules are in force', async (page) => {
    await page.getByRole('button', { name: 'Áp dụng' }).click();
    await why(page, 'Thử gói luật.');
    await submit(page);
    await page.waitForURL(/\/rules\/packs$/);
    await page.getByRole('link', { name: 'goi-thu' }).click();
    await page.getByRole('link', { name: 'Any DNS request of the story' }).click();
    await page.locator('.off-note').getByText(/^Khi thử: \d+ cảnh báo mỗi ngày; Thử gói luật\.$/).waitFor();
  }],
  ['one step back takes it away, and can be done again', async (page) => {
    const pack = page.getByRole('link', { name: 'goi-thu' });
    const step = async (name, told) => {
      await page.getByRole('button', { name }).click();
      await page.getByText('nhập gói goi-thu', { exact: true }).first().waitFor();
      await why(page, 'Quá nhiều cảnh báo.');
      await submit(page);
      await pack.waitFor({ state: told });
    };
    await at(page, '/rules/packs');
    await step('Lùi một bước', 'detached');
    await page.getByText('lùi lại việc nhập gói goi-thu').waitFor();
    await step('Làm lại', 'attached');
    await step('Lùi một bước', 'detached');
  }],
  ['what is no zip is refused in words', async (page) => {
    await page.setInputFiles('input[type=file]', { name: 'hong.zip', mimeType: 'application/zip', buffer: Buffer.from('PK, nhưng không phải zip') });
    await page.getByRole('button', { name: 'Gửi và xem trước' }).click();
    await page.getByText(/^Không đọc được tệp zip/).waitFor();
  }],
  ['the other language is complete', async (page) => {
    await page.evaluate(() => localStorage.setItem('haidang.language', 'en'));
    await at(page, '/rules');
    await page.getByRole('heading', { level: 1, name: 'Detection rules' }).waitFor();
    await page.getByRole('link', { name: 'DNS tunnel' }).first().waitFor();
  }],
];
