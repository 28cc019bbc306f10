/// The browser story of the fleet: a sensor invited, its command seen once and run on a box, the sensor in
/// the list as never heard, changed, configured until it runs from what the centre sent, revoked and invited again, on a real `haidang serve`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signIn, tell } from './browser.mjs';
import { startCentre } from './centre.mjs';

test('an administrator lets a sensor in', { timeout: 240_000 }, (t) => tell(t, STEPS, startCentre));

const at = (page, path) => page.goto(new URL(path, page.url()).href);
const dialog = (page) => page.locator('[role=dialog], [role=alertdialog]');
const submit = (page) => dialog(page).locator('button[type=submit]').click();
const command = (page) => page.getByLabel('Lệnh ghi danh', { exact: true });

const config = (page) => page.getByRole('region', { name: 'Cấu hình' });
const editor = (page) => page.getByRole('form', { name: 'Sửa cấu hình' });
const text = (page) => editor(page).getByLabel('Nội dung (TOML)');
const send = (page) => editor(page).getByRole('button', { name: 'Gửi cấu hình' }).click();

/** What the command of the last invitation says; its first word is the program itself. */
let told = [];

const STEPS = [
  ['an administrator signs in', async (page, centre) => {
    await page.goto(centre.address);
    await page.waitForURL(/sign-in/);
    await signIn(page, centre.user, centre.password);
    await page.waitForURL(/\/alerts/);
  }],
  ['the empty fleet says the first step', async (page) => {
    await page.getByRole('link', { name: 'Cảm biến' }).click();
    await page.waitForURL(/\/sensors$/);
    await page.getByText('Chưa có cảm biến nào').waitFor();
  }],
  ['an invitation needs a good name and a site', async (page) => {
    await page.getByRole('button', { name: 'Mời cảm biến' }).click();
    await dialog(page).getByLabel('Tên cảm biến').fill('Xã Thử');
    await dialog(page).getByLabel('Khối xã', { exact: true }).check();
    assert.ok(await dialog(page).getByLabel('Trụ sở xã Thử').isDisabled());
    assert.ok(await dialog(page).locator('button[type=submit]').isDisabled());
    await dialog(page).getByLabel('Tên cảm biến').fill('xa-thu-1');
    await submit(page);
    await command(page).waitFor();
  }],
  ['the command is shown this once, and Escape does not lose it', async (page) => {
    told = (await command(page).textContent()).split(' ');
    assert.deepEqual(told.slice(0, 3), ['haidang', 'enrol', '--centre']);
    await dialog(page).getByText('Lệnh này chỉ hiện một lần.').waitFor();
    await page.keyboard.press('Escape');
    await command(page).waitFor();
    await dialog(page).getByRole('button', { name: 'Đã chép xong' }).click();
    await dialog(page).waitFor({ state: 'detached' });
    assert.ok(!(await page.content()).includes(told.at(-1)));
  }],
  ['run on a box, the sensor stands in the list as never heard', async (page, centre) => {
    assert.match(await centre.run(told.slice(1)), /Enrolled as xa-thu-1/);
    await page.reload();
    const row = page.getByRole('row').filter({ hasText: 'xa-thu-1' });
    await row.getByText('Chưa có tín hiệu').waitFor();
    await row.getByText('Khối xã').waitFor();
  }],
  ['the list is a link: with problems, by a part of a name', async (page) => {
    await at(page, '/sensors?show=problems&text=THU');
    await page.getByRole('link', { name: 'xa-thu-1' }).waitFor();
    await at(page, '/sensors?text=khong-co');
    await page.getByText('Không có cảm biến nào khớp').waitFor();
    await page.getByRole('button', { name: 'Xóa bộ lọc' }).click();
    await page.getByRole('link', { name: 'xa-thu-1' }).click();
    await page.waitForURL(/\/sensors\/xa-thu-1$/);
  }],
  ['its sites and its silence are changed', async (page) => {
    await page.getByRole('button', { name: 'Sửa', exact: true }).click();
    await dialog(page).getByLabel('Khối xã', { exact: true }).uncheck();
    await dialog(page).getByLabel('Trụ sở xã Thử').check();
    await dialog(page).getByRole('button', { name: /Thành sự cố khi im lặng quá/ }).click();
    await page.getByRole('option', { name: '15 phút' }).click();
    await submit(page);
    await page.getByText('Đã sửa cảm biến.').waitFor();
    await page.locator('.facts').getByText('15 phút').waitFor();
    await page.locator('.facts').getByText('Trụ sở xã Thử').waitFor();
  }],
  ['a configuration that cannot work is refused with its line', async (page) => {
    await page.getByText('Cảm biến chưa báo', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sửa cấu hình' }).click();
    await text(page).fill('[spool]\nmib = "x"\n');
    await editor(page).getByLabel('Lý do').fill('Ổ đĩa nhỏ.');
    await send(page);
    await editor(page).getByRole('alert').getByText('line 2').waitFor();
    await editor(page).getByRole('button', { name: 'Tới dòng 2' }).click();
    assert.equal(await text(page).evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd)), 'mib = "x"');
    await page.keyboard.press('Tab');
    assert.ok(!(await text(page).evaluate((area) => area === document.activeElement)));
  }],
  ['one that can is sent, and names the key that nobody knows', async (page, centre) => {
    await text(page).fill(`${centre.source}smell = 1\n[spool]\nmib = 64\n`);
    await send(page);
    await editor(page).getByText('line 6: smell').waitFor();
    await editor(page).getByRole('button', { name: 'Đóng lại' }).click();
    await config(page).getByText('Chưa nhận').waitFor();
    await config(page).getByText('Ổ đĩa nhỏ.').first().waitFor();
  }],
  ['the sensor takes it, tries it, and it is in force', async (page, centre) => {
    centre.sensor();
    await config(page).getByText('Đang dùng').waitFor({ timeout: 90_000 });
    await config(page).getByRole('table', { name: 'Nguồn đang chạy' }).getByText('Trụ sở xã Thử').waitFor();
    await config(page).getByText('line 6: smell').waitFor();
    await config(page).getByText('Các bản đã gửi và thay đổi của từng bản').click();
    await config(page).getByText('+ mib = 64').waitFor();
  }],
  ['it leads to its events and sources', async (page) => {
    await page.getByRole('link', { name: 'Sự kiện của cảm biến' }).click();
    await page.waitForURL(/\/hunt\?q=sensor%3Axa-thu-1/);
    await page.goBack();
    await page.getByRole('link', { name: 'Nguồn của cảm biến' }).click();
    await page.waitForURL(/\/sources\?sensor=xa-thu-1/);
    await page.goBack();
  }],
  ['it is revoked with a reason', async (page) => {
    await page.getByRole('button', { name: 'Thu hồi' }).click();
    await dialog(page).getByLabel('Lý do').fill('Máy bị mất.');
    await submit(page);
    await page.locator('.sensor-advice').getByText('Đã thu hồi').waitFor();
  }],
  ['and is invited again under its name', async (page) => {
    await page.getByRole('button', { name: 'Mời ghi danh lại' }).click();
    await submit(page);
    await command(page).waitFor();
    await dialog(page).getByRole('button', { name: 'Đã chép xong' }).click();
  }],
  ['the other language is complete', async (page) => {
    await page.evaluate(() => localStorage.setItem('haidang.language', 'en'));
    await at(page, '/sensors');
    await page.getByRole('heading', { level: 1, name: 'Sensors' }).waitFor();
    await page.getByText('Revoked').waitFor();
  }],
];
