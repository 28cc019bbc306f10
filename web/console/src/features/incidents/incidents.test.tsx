import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { NOW, show, type ShowOptions } from '../../../dev/show';
import { SESSION } from '../../../dev/world';
import { vi } from '../../lib/i18n/vi';
import type { Incident, IncidentState } from '../../lib/incidents';
import { incidentActions } from './actions';
import { readFilter, writeFilter } from './filter';
import { IncidentPage } from './IncidentPage';
import { IncidentsPage } from './IncidentsPage';
import { isSnoozed, snoozeUntil } from './snooze';

function open(address = '/incidents', options: ShowOptions = {}) {
  const shown = show(
    <Routes>
      <Route path="/incidents" element={<IncidentsPage />} />
      <Route path="/incidents/:id" element={<IncidentPage />} />
    </Routes>,
    address,
    options,
  );
  return { ...shown, changes: () => shown.calls.filter((call) => call.path.endsWith('/state')) };
}

const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });
const rows = () => screen.findAllByRole('row', { selected: false });
const selected = () => screen.queryAllByRole('row', { selected: true });
const READS = SESSION.permissions.filter((name) => name !== 'incidents.write');

describe('the list', () => {
  it('shows what is open: severity and state in words, the site, the whole province', async () => {
    const { calls } = open();
    const all = await rows();
    expect(all).toHaveLength(5);
    expect(all[0]?.textContent).toContain('Cao');
    expect(all[0]?.textContent).toContain('Mới');
    expect(all[0]?.textContent).toContain('Cảm biến bvdk-1 im lặng');
    await waitFor(() => expect(all[0]?.textContent).toContain('Bệnh viện đa khoa tỉnh'));
    expect(all[2]?.textContent).toContain('Mở lại 2 lần');
    expect(all[3]?.textContent).toContain('Toàn tỉnh');
    expect(Object.fromEntries(calls.find((call) => call.path === '/incidents')?.query ?? [])).toEqual({ state: 'open', limit: '100' });
  });

  it('takes a link, and asks the centre as it says', async () => {
    const { calls } = open('/incidents?state=closed&level=high&site=so-tttt');
    expect((await rows())[0]?.textContent).toContain('Việc có kế hoạch');
    const asked = calls.find((call) => call.path === '/incidents')?.query;
    expect(Object.fromEntries(asked ?? [])).toEqual({ state: 'closed', level: 'high', site: 'so-tttt', limit: '100' });
  });

  it('is worked through with keys, and leaves the selection in the address', async () => {
    const { address } = open();
    const all = await rows();
    press('j');
    press('j');
    press('k');
    expect(selected()).toEqual([all[0]]);
    await waitFor(() => expect(address()).toBe('/incidents?sel=in-01'));
    press('j');
    press('Enter');
    await waitFor(() => expect(address()).toBe('/incidents/in-02'));
  });

  it('acknowledges with a, once', async () => {
    const { changes } = open();
    const [first] = await rows();
    press('a');
    expect(changes()).toHaveLength(0);
    press('j');
    press('a');
    await screen.findByText(/Đã tiếp nhận/);
    expect(first?.textContent).toContain('Đã nhận');
    press('a');
    expect(changes().map((call) => call.body)).toEqual([{ to: 'acknowledged', version: 1 }]);
  });

  it('closes with a cause only, and goes on to the next', async () => {
    const { changes } = open();
    await rows();
    press('j');
    press('c');
    const dialog = await screen.findByRole('dialog');
    const submit = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Đóng sự cố' });
    expect(submit.disabled).toBe(true);
    fireEvent.keyDown(within(dialog).getByRole('radiogroup'), { key: '3' });
    fireEvent.change(within(dialog).getByLabelText('Ghi chú'), { target: { value: ' điện lực báo trước ' } });
    fireEvent.click(submit);
    await screen.findByText('Đã đóng');
    expect(changes()[0]?.body).toEqual({ to: 'closed', cause: 'planned_work', note: 'điện lực báo trước', version: 1 });
    await waitFor(() => expect(selected()[0]?.textContent).toContain('xa-an-hoa-1'));
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('overwrites nothing when somebody was faster: loads what is, and says so', async () => {
    const { scenario, changes } = open();
    const [first] = await rows();
    scenario('conflict');
    press('j');
    press('a');
    await screen.findByText(/Người khác vừa thay đổi\./);
    await waitFor(() => expect(first?.textContent).toContain('Đang xử lý'));
    scenario('ok');
    press('r');
    await screen.findByText(/Đã báo khắc phục/);
    expect(changes().map((call) => call.body.version)).toEqual([1, 2]);
  });

  it('only looks, for those who may only look', async () => {
    const { changes } = open('/incidents', { permissions: READS });
    await rows();
    press('j');
    for (const key of ['a', 'w', 'r', 'c', 's', 'n']) press(key);
    await screen.findByText('Tài khoản của bạn chỉ được xem.');
    expect(changes()).toHaveLength(0);
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('says that there are more, and loads them', async () => {
    open('/incidents', { scenario: 'too_many' });
    expect(await rows()).toHaveLength(100);
    await screen.findByText('Còn sự cố khác ngoài 100 sự cố đang hiện.');
    fireEvent.click(screen.getByRole('button', { name: 'Tải thêm' }));
    await waitFor(async () => expect(await rows()).toHaveLength(200));
  });

  it('says that nothing is open, that no incident matches, and that the centre failed', async () => {
    const { scenario } = open('/incidents', { scenario: 'error' });
    expect((await screen.findByRole('alert')).textContent).toContain('01K9X3T7Q4M2');
    scenario('empty');
    fireEvent.click(screen.getByRole('button', { name: 'Thử lại' }));
    await screen.findByText('Không có sự cố nào');
  });

  it('lets a filter that meets nothing be cleared', async () => {
    const { address } = open('/incidents?state=closed&level=low');
    await screen.findByText('Bộ lọc không khớp sự cố nào');
    fireEvent.click(screen.getAllByRole('button', { name: 'Xóa bộ lọc' })[0] ?? document.body);
    await waitFor(() => expect(address()).toBe('/incidents'));
  });
});

describe('one incident', () => {
  it('tells its history and what it is about', async () => {
    open('/incidents/in-03');
    await screen.findByText(/Trung tâm không nhận được gì/);
    await screen.findByText(/mất điện từ 6 giờ/);
    expect(screen.getByText('hệ thống')).toBeTruthy();
    expect(screen.getByRole('link', { name: /^phuong/ }).getAttribute('href')).toBe('/sensors/phuong-hai-dong-1');
  });

  it('is snoozed until a moment that lies ahead, and woken again', async () => {
    const { changes } = open('/incidents/in-01');
    fireEvent.click(await screen.findByRole('button', { name: /^Tạm hoãn/ }));
    let dialog = await screen.findByRole('dialog');
    fireEvent.click(within(dialog).getByLabelText('Thời điểm khác'));
    const submit = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Tạm hoãn' });
    expect(submit.disabled).toBe(true);
    const box = within(dialog).getByRole('textbox');
    fireEvent.change(box, { target: { value: '01/01/2020 07:00' } });
    expect(within(dialog).getByText(/phải ở phía trước/)).toBeTruthy();
    fireEvent.change(box, { target: { value: '01/01/2999 07:00' } });
    fireEvent.click(submit);
    await screen.findByText('Đã tạm hoãn.');
    fireEvent.click(await screen.findByRole('button', { name: /^Tạm hoãn/ }));
    dialog = await screen.findByRole('dialog');
    fireEvent.click(within(dialog).getByRole('button', { name: 'Thôi tạm hoãn' }));
    await screen.findByText('Đã thôi tạm hoãn.');
    expect(changes().map((call) => call.body)).toEqual([
      { snooze_until: '2999-01-01T00:00:00.000Z', version: 1 },
      { snooze_until: null, version: 2 },
    ]);
  });

  it('takes a note, which stands in its history', async () => {
    const { changes } = open('/incidents/in-01');
    fireEvent.click(await screen.findByRole('button', { name: /^Ghi chú/ }));
    const dialog = await screen.findByRole('dialog');
    fireEvent.change(within(dialog).getByRole('textbox'), { target: { value: 'Đã gọi bệnh viện.' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Lưu ghi chú' }));
    await screen.findByText('Đã ghi chú.');
    expect(changes()[0]?.body).toEqual({ note: 'Đã gọi bệnh viện.', version: 1 });
    await screen.findByText('Đã gọi bệnh viện.', { selector: 'blockquote *' });
  });

  it('keeps what was written when somebody was faster', async () => {
    const { scenario } = open('/incidents/in-01');
    fireEvent.click(await screen.findByRole('button', { name: /^Ghi chú/ }));
    const dialog = await screen.findByRole('dialog');
    scenario('conflict');
    const box = within(dialog).getByRole<HTMLTextAreaElement>('textbox');
    fireEvent.change(box, { target: { value: 'Đã gọi bệnh viện.' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Lưu ghi chú' }));
    expect((await within(dialog).findByRole('alert')).textContent).toContain('Người khác vừa thay đổi');
    expect(box.value).toBe('Đã gọi bệnh viện.');
    await screen.findAllByText(/Đang xử lý/);
    scenario('ok');
    fireEvent.click(within(dialog).getByRole('button', { name: 'Lưu ghi chú' }));
    await screen.findByText('Đã ghi chú.');
  });

  it('may not be there', async () => {
    open('/incidents/khong-co');
    await screen.findByText('Không có sự cố này');
  });
});

describe('the rules', () => {
  it('offers the steps that a state allows', () => {
    const offered = (state: IncidentState) =>
      incidentActions({ incident: { id: 'i', state } as Incident, mayWrite: true, text: vi, onMove: () => undefined, onAsk: () => undefined })
        .filter((action) => action.isDisabled !== true)
        .map((action) => action.name);
    expect(offered('new')).toEqual(['acknowledge', 'work', 'resolve', 'close', 'snooze', 'note']);
    expect(offered('in_work')).toEqual(['resolve', 'close', 'snooze', 'note']);
    expect(offered('resolved')).toEqual(['close', 'note']);
    expect(offered('closed')).toEqual(['note']);
  });

  it('reads an address with care and writes no more than it must', () => {
    expect(readFilter(new URLSearchParams('state=nothing&level=informational'))).toEqual({ state: 'open', level: '', site: '' });
    expect(String(writeFilter(new URLSearchParams('sel=in-01&level=low'), { state: 'all' }))).toBe('level=low&state=all');
    expect(String(writeFilter(new URLSearchParams('state=all'), { state: 'open' }))).toBe('');
  });

  it('counts a snooze from now, or takes a moment in local time that lies ahead', () => {
    expect(snoozeUntil('4h', '', NOW)).toBe('2026-11-22T17:05:31.000Z');
    expect(snoozeUntil('moment', '23/11/2026 07:00', NOW)).toBe('2026-11-23T00:00:00.000Z');
    expect(['', '22/11/2026 20:00', '31/02/2027 07:00'].map((typed) => snoozeUntil('moment', typed, NOW))).toEqual([null, null, null]);
    expect(isSnoozed({ snoozed_until: '2026-11-22T13:05:30Z' }, NOW)).toBe(false);
    expect(isSnoozed({ snoozed_until: null }, NOW)).toBe(false);
  });
});
