import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { show, type ShowOptions } from '../../../dev/show';
import { AssetsPage } from './AssetsPage';

function open(address = '/assets', options: ShowOptions = {}) {
  const shown = show(
    <Routes>
      <Route path="/assets" element={<AssetsPage />} />
    </Routes>,
    address,
    options,
  );
  const sent = (method: string) => shown.calls.filter((call) => call.method === method).map(({ path, body }) => ({ path, body }));
  return { ...shown, sent };
}

const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });
const table = () => screen.findByRole('grid', { name: 'Tài sản' });
const rows = async () => within(await table()).getAllByRole('row').slice(1);

describe('one asset', () => {
  it('is added where it stands', async () => {
    const { sent } = open('/assets?site=so-tttt');
    await table();
    await screen.findAllByText('Trung tâm dữ liệu tỉnh');
    press('n');
    const dialog = await screen.findByRole('dialog');
    const save = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Lưu' });
    expect(save.disabled).toBe(true);
    const type = (label: string, value: string) => fireEvent.change(within(dialog).getByRole('textbox', { name: label }), { target: { value } });
    type('Địa chỉ', '10.60.0.99');
    type('Tên', 'Máy sao lưu');
    type('Đến hết ngày', '31/02/2027');
    within(dialog).getByText('Ngày viết như 31/01/2026.');
    expect(save.disabled).toBe(true);
    type('Đến hết ngày', '28/2/2027');
    fireEvent.click(save);
    await screen.findByText('Đã thêm tài sản.');
    expect(sent('POST')).toEqual([{ path: '/assets', body: { site: 'so-tttt', address: '10.60.0.99', name: 'Máy sao lưu', valid_to: '2027-02-28' } }]);
    expect(await rows()).toHaveLength(4);
  });

  it('is refused in words: no address, one that is taken', async () => {
    open('/assets?site=so-tttt');
    await table();
    await screen.findAllByText('Trung tâm dữ liệu tỉnh');
    press('n');
    const dialog = await screen.findByRole('dialog');
    const tried = (address: string) => {
      fireEvent.change(within(dialog).getByRole('textbox', { name: 'Địa chỉ' }), { target: { value: address } });
      fireEvent.click(within(dialog).getByRole('button', { name: 'Lưu' }));
    };
    tried('may-1');
    await within(dialog).findByText(/^“may-1” không phải địa chỉ/);
    tried('10.60.0.10');
    await within(dialog).findByText('Điểm này đã có tài sản mang địa chỉ đó.');
  });

  it('is named and confirmed in one step; only what changed is sent', async () => {
    const { sent } = open('/assets?state=proposed');
    fireEvent.click(await screen.findByRole('button', { name: '10.60.40.9' }));
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Lưu' }).disabled).toBe(true);
    fireEvent.change(within(dialog).getByRole('textbox', { name: 'Tên' }), { target: { value: 'Máy chấm công' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Lưu và xác nhận' }));
    await screen.findByText('Đã sửa tài sản.');
    expect(sent('PATCH')).toEqual([{ path: '/assets/as-10.60.40.9', body: { name: 'Máy chấm công', state: 'confirmed' } }]);
  });

  it('is deleted only when that is said twice', async () => {
    const { sent } = open();
    await table();
    press('j');
    fireEvent.click(await screen.findByRole('button', { name: 'Xóa' }));
    const dialog = await screen.findByRole('alertdialog');
    expect(dialog.textContent).toContain('DC01 điều khiển miền');
    expect(sent('DELETE')).toEqual([]);
    fireEvent.click(within(dialog).getByRole('button', { name: 'Xóa' }));
    await screen.findByText('Đã xóa tài sản.');
    expect(sent('DELETE').map(({ path }) => path)).toEqual(['/assets/as-10.60.0.10']);
    await waitFor(async () => expect(await rows()).toHaveLength(6));
  });
});

describe('a CSV', () => {
  async function choose(): Promise<HTMLElement> {
    await table();
    press('i');
    const dialog = await screen.findByRole('dialog');
    const input = dialog.ownerDocument.querySelector<HTMLInputElement>('input[type=file]');
    if (!input) throw new Error('no file input');
    const file = new File(['site,address\n'], 'tai-san.csv', { type: 'text/csv' });
    fireEvent.change(input, { target: { files: [file] } });
    return dialog;
  }

  it('is tried first, says what it would do, and is written when asked', async () => {
    const { calls } = open();
    const dialog = await choose();
    await within(dialog).findByText('tai-san.csv');
    const sums = await within(dialog).findByRole('group', { name: 'Nếu nhập tệp này' });
    expect(sums.textContent).toBe('Thêm mới3Sửa1Giữ nguyên12Vấn đề3');
    const problems = within(dialog).getByRole('table', { name: 'Vấn đề theo dòng' });
    expect(problems.textContent).toContain('7“10.60.31” không phải địa chỉ');
    expect(problems.textContent).toContain('9something of a newer centre');
    const imports = () => calls.filter((call) => call.path === '/assets/import').map(({ query, headers }) => [query.get('trial'), headers.get('Content-Type')]);
    expect(imports()).toEqual([['true', 'text/csv']]);
    fireEvent.click(within(dialog).getByRole('button', { name: 'Nhập' }));
    await screen.findByText('Đã nhập: thêm 3, sửa 1.');
    expect(imports()).toEqual([['true', 'text/csv'], ['false', 'text/csv']]);
    await waitFor(async () => expect(await rows()).toHaveLength(10));
  });

  it('that is too long is refused in words, and nothing can be written', async () => {
    open('/assets', { scenario: 'conflict' });
    const dialog = await choose();
    await within(dialog).findByText(/^Tệp có quá 10000 dòng/);
    expect(within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Nhập' }).disabled).toBe(true);
  });
});
