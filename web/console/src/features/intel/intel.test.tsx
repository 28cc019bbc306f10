import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { expect, it } from 'vitest';
import { SESSION } from '../../../dev/world';
import { show } from '../../../dev/show';
import { IntelPage } from './IntelPage';
import { ListPage } from './ListPage';

const pages = (
  <Routes>
    <Route path="/intel" element={<IntelPage />} />
    <Route path="/intel/:id" element={<ListPage />} />
  </Routes>
);

it('shows lists with counts, freshness, who and when, and what is wrong', async () => {
  show(pages, '/intel');
  const table = await screen.findByRole('table');
  const [, c2, cert, gambling] = within(table).getAllByRole('row');
  expect(c2?.textContent).toContain('20 địa chỉ');
  expect(c2?.textContent).toContain('an.nguyen');
  expect(c2?.textContent).toContain('Còn 120 mục chờ truy tìm');
  expect(cert?.textContent).toContain('the server answers 401');
  expect(cert?.textContent).toContain('Thấy 7 sự kiện cũ');
  expect(gambling?.textContent).toContain('Đang tắt');
  expect(gambling?.textContent).toContain('tu-cuc.txt:17');
});

it('says what to do when there are no lists, and when the centre fails', async () => {
  show(pages, '/intel', { scenario: 'empty' });
  expect(await screen.findByText('Chưa có danh sách nào')).toBeTruthy();
});

it('shows a failure with its number', async () => {
  show(pages, '/intel', { scenario: 'error' });
  expect((await screen.findByRole('alert')).textContent).toContain('01K9X3T7Q4M2');
});

it('adds values with a reason and tells what was refused', async () => {
  const { calls } = show(pages, '/intel/cert');
  fireEvent.click(await screen.findByRole('button', { name: /Thêm mục/ }));
  const dialog = await screen.findByRole('dialog');
  const [values, why] = within(dialog).getAllByRole('textbox');
  const submit = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Thêm mục' });
  expect(submit.disabled).toBe(true);
  if (values) fireEvent.change(values, { target: { value: 'moi[.]example\n10.0.0.1' } });
  if (why) fireEvent.change(why, { target: { value: 'cảnh báo 12' } });
  fireEvent.click(submit);
  expect((await within(dialog).findByRole('alert')).textContent).toContain('Dòng 2:');
  const sent = calls.find((call) => call.method === 'POST' && call.path === '/intel/cert/entries');
  expect(sent?.body).toEqual({ values: 'moi[.]example\n10.0.0.1', comment: 'cảnh báo 12' });
  expect(await screen.findByText('cảnh báo 12')).toBeTruthy();
});

it('filters, goes on to the next page, and takes an entry out', async () => {
  const { calls } = show(pages, '/intel/co-bac');
  fireEvent.click(await screen.findByRole('button', { name: 'Tải thêm' }));
  await screen.findByText('nha-cai-150.example');
  fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'nha-cai-22' } });
  await waitFor(() => expect(screen.queryByText('nha-cai-1.example')).toBeNull());
  fireEvent.click(await screen.findByRole('button', { name: 'Bỏ mục nha-cai-22.example' }));
  const dialog = await screen.findByRole('alertdialog');
  fireEvent.change(within(dialog).getByRole('textbox'), { target: { value: 'nhầm' } });
  fireEvent.click(within(dialog).getByRole('button', { name: 'Bỏ mục' }));
  await waitFor(() => expect(screen.queryByText('nha-cai-22.example')).toBeNull());
  const sent = calls.find((call) => call.method === 'DELETE');
  expect(sent?.query.get('why')).toBe('nhầm');
});

it('lets those who may only read look', async () => {
  const permissions = SESSION.permissions.filter((name) => name !== 'intel.write');
  show(pages, '/intel/c2', { permissions });
  await screen.findByText('c2-1.evil.example');
  expect(screen.queryByRole('button', { name: /Thêm mục/ })).toBeNull();
  expect(screen.queryByRole('button', { name: /Bỏ mục/ })).toBeNull();
});

it('says that a list is not there', async () => {
  show(pages, '/intel/khong-co');
  expect(await screen.findByText('Không có danh sách này')).toBeTruthy();
});
