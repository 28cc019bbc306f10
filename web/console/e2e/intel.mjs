/// The browser story of intel: a list read, values added by hand, one taken out again, the list turned
/// off and on, an empty one made, on the real program.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { row, signIn, tell } from './browser.mjs';

test('an analyst keeps the lists of known-bad values', { timeout: 240_000 }, (t) => tell(t, STEPS));

const at = (page, path) => page.goto(new URL(path, page.url()).href);
const dialog = (page) => page.locator('[role=dialog], [role=alertdialog]');
const submit = (page) => dialog(page).locator('button[type=submit]').click();
const entry = (page, value) => page.getByRole('table', { name: 'Mục' }).locator('tbody tr').filter({ hasText: value });

const STEPS = [
  ['signing in', async (page, demo) => {
    await page.goto(demo.address);
    await page.waitForURL(/sign-in/);
    await signIn(page, demo.user, demo.password);
    await row(page, /Đường hầm DNS/).waitFor();
  }],
  ['the lists say what they hold and how fresh they are', async (page) => {
    await at(page, '/intel');
    const list = page.locator('tr').filter({ hasText: 'Tệp thử EICAR' });
    await list.getByText('Dữ liệu mới').waitFor();
    assert.match(await list.textContent(), /có sẵn/);
    await list.getByRole('link').click();
    await entry(page, '44d88612fea8a8f36de82e1278abb02f').waitFor();
  }],
  ['values are added by hand; what would match everybody is refused in words', async (page) => {
    await page.keyboard.press('n');
    await dialog(page).getByLabel('Giá trị').fill('xau[.]example\n10.0.0.7\ncom');
    await dialog(page).getByLabel('Lý do').fill('Công văn cảnh báo 214.');
    await submit(page);
    await dialog(page).getByText('2 dòng bị từ chối').waitFor();
    const told = await dialog(page).textContent();
    assert.match(told, /10\.0\.0\.7 là địa chỉ nội bộ/);
    assert.match(told, /“com” là đuôi công cộng/);
    await dialog(page).getByRole('button', { name: 'Đóng lại' }).click();
    const added = entry(page, 'xau.example');
    await added.getByText('Công văn cảnh báo 214.').waitFor();
    assert.match(await added.textContent(), /admin/);
  }],
  ['an entry is found by a part of it and taken out with a reason', async (page) => {
    await page.getByLabel('Lọc theo giá trị').fill('xau');
    await entry(page, '44d88612').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Bỏ mục xau.example' }).click();
    await dialog(page).getByLabel('Lý do').fill('Đã được gỡ.');
    await submit(page);
    await page.getByText('Không có mục nào khớp').waitFor();
  }],
  ['a list is turned off and on', async (page) => {
    await page.getByRole('button', { name: 'Tắt', exact: true }).click();
    await page.locator('h1').getByText('Đang tắt').waitFor();
    await page.getByRole('button', { name: 'Bật', exact: true }).click();
    await page.locator('h1').getByText('Đang tắt').waitFor({ state: 'detached' });
  }],
  ['a new list is made once', async (page) => {
    const make = async () => {
      await at(page, '/intel');
      await page.getByRole('button', { name: 'Tạo danh sách' }).click();
      await dialog(page).getByLabel('Mã', { exact: true }).fill('canh-bao');
      await dialog(page).getByLabel('Tên').fill('Cảnh báo của tỉnh');
      await submit(page);
    };
    await make();
    await page.waitForURL(/\/intel\/canh-bao$/);
    await page.getByText('Chưa có mục nào').first().waitFor();
    await make();
    await dialog(page).getByText('Đã có danh sách mang mã này.').waitFor();
  }],
  ['the other language is complete', async (page) => {
    await page.evaluate(() => localStorage.setItem('haidang.language', 'en'));
    await at(page, '/intel/eicar');
    await page.getByRole('heading', { level: 1, name: 'EICAR test file' }).waitFor();
  }],
];
