import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { show, type ShowOptions } from '../../../dev/show';
import { SESSION } from '../../../dev/world';
import type { ImportItem } from '../../lib/api';
import { vi } from '../../lib/i18n/vi';
import { chooseAll, isOff, loudest, offIds, spanOf } from './imported';
import { ImportPage } from './ImportPage';
import { isPackName, packNameOf } from './packName';
import { PacksPage } from './PacksPage';
import { changeText, isUndone, undoneChange, whyText } from './told';

function open(address: string, options: ShowOptions = {}) {
  return show(
    <Routes>
      <Route path="/rules/packs" element={<PacksPage />} />
      <Route path="/rules/imports/:id" element={<ImportPage />} />
    </Routes>,
    address,
    options,
  );
}

const zip = (name: string) => new File(['PK'], name, { type: 'application/zip' });
const choose = (file: File) => {
  const input = document.querySelector('input[type=file]');
  if (input) fireEvent.change(input, { target: { files: [file] } });
};

describe('packs', () => {
  it('shows source, licences, who and when', async () => {
    open('/rules/packs');
    const [, first] = within(await screen.findByRole('table', { name: 'Gói luật' })).getAllByRole('row');
    expect(first?.textContent).toContain('sigmahq-core-2026-08.zip');
    expect(first?.textContent).toContain('3.104');
    expect(first?.textContent).toContain('DRL-1.1: 3.090');
    expect(first?.textContent).toContain('không ghi: 14');
    expect(first?.textContent).toContain('hien.dt');
  });

  it('says what a step back undoes, asks why, and does it', async () => {
    const { calls } = open('/rules/packs');
    fireEvent.click(await screen.findByRole('button', { name: 'Lùi một bước' }));
    const dialog = await screen.findByRole('alertdialog');
    expect(dialog.textContent).toContain('nhập gói cong-cu-quan-tri');
    const submit = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Lùi một bước' });
    expect(submit.disabled).toBe(true);
    fireEvent.change(within(dialog).getByLabelText('Lý do'), { target: { value: 'quá ồn' } });
    fireEvent.click(submit);
    expect(await screen.findByText('Đã lùi lại một bước.')).toBeTruthy();
    expect(calls.find((call) => call.path === '/rules/back')?.body).toEqual({ why: 'quá ồn' });
    expect(await screen.findByText('lùi lại việc nhập gói cong-cu-quan-tri')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Làm lại' }));
    expect((await screen.findByRole('alertdialog')).textContent).toContain('Thay đổi sẽ được làm lại:nhập gói cong-cu-quan-tri');
  });

  it('tells a folder that somebody put there from an import', async () => {
    open('/rules/packs');
    const row = (await screen.findByRole('link', { name: 'rieng' })).closest('tr');
    expect(row?.textContent).toContain('Chép thẳng vào thư mục');
  });

  it('removes a pack with a reason', async () => {
    const { calls } = open('/rules/packs');
    fireEvent.click(await screen.findByRole('button', { name: 'Bỏ gói cong-cu-quan-tri' }));
    const dialog = await screen.findByRole('alertdialog');
    fireEvent.change(within(dialog).getByLabelText('Lý do'), { target: { value: 'thừa' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Bỏ gói' }));
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Bỏ gói cong-cu-quan-tri' })).toBeNull());
    const sent = calls.find((call) => call.method === 'DELETE');
    expect([sent?.path, sent?.query.get('why')]).toEqual(['/rules/packs/cong-cu-quan-tri', 'thừa']);
  });

  it('takes a zip, names it, sends it and goes to its preview', async () => {
    const { calls, address } = open('/rules/packs');
    await screen.findByRole('table');
    choose(zip('ghi-chu.txt'));
    expect(await screen.findByText('Tệp này không phải zip.')).toBeTruthy();
    choose(zip('Luật của Đơn vị 2.zip'));
    const name = await screen.findByLabelText<HTMLInputElement>('Tên gói');
    expect(name.value).toBe('luat-cua-don-vi-2');
    const send = screen.getByRole<HTMLButtonElement>('button', { name: 'Gửi và xem trước' });
    fireEvent.change(name, { target: { value: 'Có dấu' } });
    expect(send.disabled).toBe(true);
    fireEvent.change(name, { target: { value: 'don-vi' } });
    fireEvent.click(send);
    await waitFor(() => expect(address()).toBe('/rules/imports/imp-2'));
    const sent = calls.find((call) => call.path === '/rules/imports' && call.method === 'POST');
    expect([sent?.query.get('name'), sent?.query.get('source')]).toEqual(['don-vi', 'Luật của Đơn vị 2.zip']);
    expect(sent?.headers.get('Content-Type')).toBe('application/zip');
    expect(await screen.findByText(/Đang thử luật trên dữ liệu đã lưu/, { selector: 'span' })).toBeTruthy();
    expect(within(screen.getByRole('table')).getAllByText('…').length).toBeGreaterThan(1);
  });

  it('leads back to an import that nobody has decided on, whoever began it', async () => {
    const { address } = open('/rules/packs');
    const list = await screen.findByRole('table', { name: 'Đang chờ áp dụng' });
    expect(list.textContent).toContain('an.nguyen');
    expect(list.textContent).toContain('đã thử');
    fireEvent.click(within(list).getByRole('link', { name: 'Xem trước gói sigmahq-core' }));
    expect((await screen.findAllByText('thay luật có sẵn')).length).toBe(1);
    fireEvent.click(screen.getByRole('button', { name: 'Hủy lần nhập này' }));
    await waitFor(() => expect(address()).toBe('/rules/packs'));
    await waitFor(() => expect(screen.queryByRole('table', { name: 'Đang chờ áp dụng' })).toBeNull());
  });

  it('takes a zip that is dropped', async () => {
    open('/rules/packs');
    const drop = (await screen.findByText('Thả tệp zip vào đây, hoặc')).parentElement;
    if (drop) fireEvent.drop(drop, { dataTransfer: { files: [zip('goi.zip')] } });
    expect((await screen.findByLabelText<HTMLInputElement>('Tên gói')).value).toBe('goi');
  });

  it('lets only administrators of all sites change packs', async () => {
    open('/rules/packs', { permissions: SESSION.permissions.filter((name) => name !== 'rules.write') });
    await screen.findByRole('table');
    expect(screen.queryByRole('button', { name: /Bỏ gói|Chọn tệp|Lùi/ })).toBeNull();
    expect(screen.getByText(/Chỉ người quản trị/)).toBeTruthy();
  });

  it('says what to do when there are none', async () => {
    open('/rules/packs', { scenario: 'empty' });
    expect(await screen.findByText('Chưa nhập gói nào')).toBeTruthy();
  });
});

describe('the preview of an import', () => {
  it('counts, names what was refused, and leaves the noisy ones off', async () => {
    open('/rules/imports/imp-1');
    const table = await screen.findByRole('table');
    expect(screen.getByText('Đã thử trên 1.224.498 sự kiện trong 7 ngày qua.')).toBeTruthy();
    expect(screen.getByText('3 luật bị từ chối')).toBeTruthy();
    expect(screen.getByText('windows/proc_creation_bad.yml:23')).toBeTruthy();
    expect(screen.getByText('13 luật sẽ tắt')).toBeTruthy();
    expect(screen.getByText('Hiện 200 trong 640 luật.')).toBeTruthy();
    const [first] = within(table).getAllByRole<HTMLInputElement>('checkbox');
    expect(first?.checked).toBe(true);
    if (first) fireEvent.click(first);
    expect(screen.getByText('12 luật sẽ tắt')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Không tắt luật nào' }));
    expect(screen.getByText('0 luật sẽ tắt')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Tắt mọi luật gây nhiễu' }));
    expect(screen.getByText('13 luật sẽ tắt')).toBeTruthy();
  });

  it('filters by what happens to the rules through the address', async () => {
    const { address } = open('/rules/imports/imp-1');
    fireEvent.click(await screen.findByRole('radio', { name: 'Gây nhiễu 13' }));
    await waitFor(() => expect(address()).toBe('/rules/imports/imp-1?show=noisy'));
    expect(within(screen.getByRole('table')).getAllByRole('row')).toHaveLength(14);
  });

  it('says how far the trial reached', async () => {
    open('/rules/imports/imp-1', { scenario: 'partial' });
    expect(await screen.findByText(/chỉ xét từ 20\/11\/2026/)).toBeTruthy();
  });

  it('says when nothing could be tried', async () => {
    open('/rules/imports/imp-1', { scenario: 'untried' });
    expect(await screen.findByText(/^Chưa xét được dữ liệu nào/)).toBeTruthy();
    expect(within(screen.getByRole('table')).getAllByText('—').length).toBeGreaterThan(200);
  });

  it('applies with the chosen ones off and a reason', async () => {
    const { calls, address } = open('/rules/imports/imp-1?show=noisy');
    fireEvent.click(await screen.findByRole('button', { name: 'Áp dụng' }));
    const dialog = await screen.findByRole('alertdialog');
    expect(dialog.textContent).toContain('640 luật được thêm, thay hoặc bỏ; 13 luật sẽ tắt');
    fireEvent.change(within(dialog).getByLabelText('Lý do'), { target: { value: 'bản tháng 11' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Áp dụng' }));
    await waitFor(() => expect(address()).toBe('/rules/packs'));
    const sent = calls.find((call) => call.path === '/rules/imports/imp-1/apply');
    expect(sent?.body.why).toBe('bản tháng 11');
    expect(sent?.body.off).toHaveLength(13);
  });

  it('can be discarded, and is gone then', async () => {
    const { calls, address } = open('/rules/imports/imp-1');
    fireEvent.click(await screen.findByRole('button', { name: 'Hủy lần nhập này' }));
    await waitFor(() => expect(address()).toBe('/rules/packs'));
    expect(calls.some((call) => call.method === 'DELETE' && call.path === '/rules/imports/imp-1')).toBe(true);
  });

  it('cannot be applied when no rule of it can be used', async () => {
    open('/rules/imports/imp-1', { scenario: 'refused' });
    expect(await screen.findByText('Gói này không có luật nào dùng được.')).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Áp dụng' }).disabled).toBe(true);
  });

  it('says that an import is not there', async () => {
    open('/rules/imports/khong-co');
    expect(await screen.findByText('Không có lần nhập này')).toBeTruthy();
  });
});

describe('what the centre notes down', () => {
  it('is a change of packs in the words of the reader', () => {
    expect(['import a-1', 'remove a', 'back import a', 'back remove a', 'of tomorrow'].map((what) => changeText(what, vi))).toEqual([
      'nhập gói a-1', 'bỏ gói a', 'lùi lại việc nhập gói a', 'lùi lại việc bỏ gói a', 'of tomorrow',
    ]);
    expect(['import a', 'back import a'].map(isUndone)).toEqual([false, true]);
    expect(undoneChange('back import a')).toBe('import a');
  });

  it('is a figure before the reason of what an import left off', () => {
    expect(['noisy: 340 a day; bản thử', 'noisy: 0 a day', 'noisy: very', 'bão'].map((why) => whyText(why, vi))).toEqual([
      'Khi thử: 340 cảnh báo mỗi ngày; bản thử', 'Khi thử: <1 cảnh báo mỗi ngày', 'noisy: very', 'bão',
    ]);
  });
});

describe('what is left off', () => {
  const item = (id: string, rest: Partial<ImportItem> = {}): ImportItem => ({ id, title: id, level: 'low', change: 'added', alerts: 0, per_day: 0, noisy: false, shipped: false, ...rest });
  const items = [item('a'), item('b', { noisy: true, per_day: 90 }), item('c', { noisy: true, change: 'removed' }), item('d', { per_day: 3 })];

  it('is what is noisy until a person says otherwise; what goes cannot be left off', () => {
    expect(offIds(items, new Map())).toEqual(['b']);
    expect(offIds(items, new Map([['a', true], ['b', false], ['c', true]]))).toEqual(['a']);
    expect(offIds(items, chooseAll(items, () => true))).toEqual(['a', 'b', 'd']);
    expect(isOff(item('e', { noisy: true }), new Map())).toBe(true);
  });

  it('knows how long the events span that were tried', () => {
    expect(spanOf([item('a', { alerts: 21, per_day: 84 }), item('b', { alerts: 1, per_day: 8.6 })])).toBe(0.25);
    expect(spanOf([item('a')])).toBeNull();
  });

  it('lists the loudest first', () => {
    expect(loudest(items).map((each) => each.id)).toEqual(['b', 'c', 'd', 'a']);
  });
});

it('makes a name of a pack from a file', () => {
  expect(['SigmaHQ core+.zip', '../../etc.zip', '--.zip', 'x'.repeat(80) + '.ZIP'].map(packNameOf)).toEqual(['sigmahq-core', 'etc', '', 'x'.repeat(64)]);
  expect(['a', 'a-b1', '-a', 'A', 'a/b', '..', ''].map(isPackName)).toEqual([true, true, false, false, false, false, false]);
});
