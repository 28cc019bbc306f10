/// The browser story of assets: the first ones from a CSV that is tried before, one added, named, dismissed,
/// deleted, and what is left taken away as a CSV, on a real `haidang serve`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signIn, tell } from './browser.mjs';
import { startCentre } from './centre.mjs';

test('an administrator keeps the assets', { timeout: 240_000 }, (t) => tell(t, STEPS, startCentre));

const dialog = (page) => page.locator('[role=dialog], [role=alertdialog]');
const row = (page, address) => page.getByRole('row').filter({ hasText: address });
const field = (page, name) => dialog(page).getByRole('textbox', { name, exact: true });
const CSV = 'site,address,name,criticality\nxa-thu,10.60.9.4,Máy một cửa,high\nxa-thu-2,10.60.9.5,Máy tiêm chủng,\nxa-thu,10.60.9,Sai,\n';

const STEPS = [
  ['the empty list says the first step', async (page, centre) => {
    await page.goto(centre.address);
    await page.waitForURL(/sign-in/);
    await signIn(page, centre.user, centre.password);
    await page.waitForURL(/\/alerts/);
    await page.getByRole('link', { name: 'Tài sản' }).click();
    await page.getByRole('heading', { level: 1, name: 'Tài sản' }).waitFor();
  }],
  ['a CSV is tried, its bad line named, and then written', async (page) => {
    await page.keyboard.press('i');
    await page.locator('input[type=file]').setInputFiles({ name: 'tai-san.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) });
    await dialog(page).getByText(/^“10.60.9” không phải địa chỉ/).waitFor();
    await dialog(page).getByRole('button', { name: 'Nhập', exact: true }).click();
    await page.getByText('Đã nhập: thêm 2, sửa 0.').waitFor();
    await row(page, '10.60.9.4').getByText('Cao').waitFor();
  }],
  ['one is added, and no address twice', async (page) => {
    await page.keyboard.press('n');
    await field(page, 'Địa chỉ').fill('10.60.9.4');
    await dialog(page).getByRole('button', { name: /Điểm giám sát/ }).click();
    await page.getByRole('option', { name: 'Trụ sở xã Thử' }).click();
    await dialog(page).getByRole('button', { name: 'Lưu', exact: true }).click();
    await dialog(page).getByText('Điểm này đã có tài sản mang địa chỉ đó.').waitFor();
    await field(page, 'Địa chỉ').fill('10.60.9.7');
    await field(page, 'Đến hết ngày').fill('31/12/2040');
    await dialog(page).getByRole('button', { name: 'Lưu', exact: true }).click();
    await row(page, '10.60.9.7').waitFor();
  }],
  ['many are marked and dismissed with the keys', async (page) => {
    await page.goto(new URL('/assets?text=10.60.9', page.url()).href);
    await row(page, '10.60.9.7').waitFor();
    for (const key of 'jxjx') await page.keyboard.press(key);
    await page.getByText('Đã đánh dấu 2').waitFor();
    await page.keyboard.press('d');
    await page.getByText('Đã bỏ qua 2 tài sản.').waitFor();
    await page.getByRole('radio', { name: 'Đã bỏ qua 2' }).click();
    await page.waitForURL(/state=dismissed/);
  }],
  ['one is named and confirmed in one step', async (page) => {
    await page.getByRole('grid').getByRole('button', { name: '10.60.9.4' }).click();
    await field(page, 'Tên').fill('Máy tiếp dân');
    await dialog(page).getByRole('button', { name: 'Lưu và xác nhận' }).click();
    await row(page, '10.60.9.4').waitFor({ state: 'detached' });
  }],
  ['what is left is taken away as a CSV', async (page) => {
    await page.goto(new URL('/assets?text=10.60.9', page.url()).href);
    await row(page, 'Máy tiếp dân').waitFor();
    // The browser may run as another user, who writes no file here: the link is asked with its cookies instead.
    const href = await page.getByRole('link', { name: 'Xuất CSV' }).getAttribute('href');
    const sheet = await (await page.request.get(new URL(href, page.url()).href)).text();
    assert.ok(sheet.startsWith('\ufeffsite,address,name'));
    assert.match(sheet, /xa-thu,10\.60\.9\.4,Máy tiếp dân,,high/);
  }],
  ['one is deleted, once that is said twice', async (page) => {
    await row(page, '10.60.9.4').click();
    await page.getByRole('button', { name: 'Xóa', exact: true }).click();
    await dialog(page).getByRole('button', { name: 'Xóa', exact: true }).click();
    await page.getByText('Đã xóa tài sản.').waitFor();
    await row(page, '10.60.9.4').waitFor({ state: 'detached' });
  }],
];
