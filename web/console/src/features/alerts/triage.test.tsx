import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { NOW, show, type ShowOptions } from '../../../dev/show';
import { AlertPage } from './AlertPage';
import { QueuePage } from './QueuePage';
import { ChangeProvider } from './useChange';
import { between } from './useMarks';

function open(address = '/alerts', options: ShowOptions = {}) {
  const shown = show(
    <ChangeProvider now={() => NOW}>
      <Routes>
        <Route path="/alerts" element={<QueuePage />} />
        <Route path="/alerts/:id" element={<AlertPage />} />
      </Routes>
    </ChangeProvider>,
    address,
    options,
  );
  const sent = (part: string) => shown.calls.filter((call) => call.method === 'POST' && call.path.includes(part));
  return { ...shown, sent };
}

const rows = () => screen.findAllByRole('row', { selected: false });
const press = (key: string, more: object = {}) => fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more });
const idOf = (row: HTMLElement | undefined) => row?.id.replace('row-', '');
const bar = () => screen.queryByRole('toolbar');

describe('views', () => {
  it('asks for what is one’s own, overdue and unassigned, and shows their counts', async () => {
    const { calls, centre } = open('/alerts?state=mine');
    await rows();
    const asked = calls.find((call) => call.path === '/alerts')?.query;
    expect(Object.fromEntries(asked ?? [])).toMatchObject({ assignee: 'me', state: 'new,acknowledged,in_work' });
    const mine = centre.alerts.filter((alert) => alert.assignee === 'hien.dt' && alert.state !== 'closed').length;
    expect(screen.getByRole('button', { name: /^Của tôi/ }).textContent).toBe(`Của tôi${mine}`);
    fireEvent.click(screen.getByRole('button', { name: /^Quá hạn/ }));
    await waitFor(() => expect(calls.at(-1)?.query.get('overdue') ?? calls.at(-2)?.query.get('overdue')).toBe('true'));
  });

  it('says how much time is left and how late it is in words', async () => {
    open('/alerts?state=open&sort=oldest');
    const [first] = await rows();
    expect(first?.textContent).toMatch(/quá \d+ ngày|Đã nhận|Đang xử lý/);
  });
});

describe('handing on', () => {
  it('takes an alert with a, and gives it back with z', async () => {
    const { sent, centre } = open();
    const all = await rows();
    press('j');
    press('j');
    press('a');
    await screen.findByText(/Đã giao cho hien\.dt/);
    expect(sent('/assign')[0]?.body).toEqual({ assignee: 'hien.dt', version: 1 });
    const alert = centre.alerts.find(({ id }) => id === idOf(all[1]));
    expect(alert?.assignee).toBe('hien.dt');
    press('z');
    await screen.findByText('Đã hoàn tác');
    expect(alert?.assignee).toBeNull();
  });

  it('offers the colleagues, oneself first, and nobody last', async () => {
    const { sent } = open();
    await rows();
    press('j');
    press('A', { shiftKey: true });
    const options = await screen.findAllByRole('option');
    expect(options.map((option) => option.textContent)).toEqual(['Tôihien.dt', 'Nguyễn Văn Anan.nguyen', 'Lê Quang Trungtrung.lq', 'Không ai']);
    fireEvent.click(options[2] ?? document.body);
    await screen.findByText(/Đã giao cho trung\.lq/);
    expect(sent('/assign')[0]?.body).toEqual({ assignee: 'trung.lq', version: 1 });
  });
});

describe('many at once', () => {
  it('marks with x and Shift, changes the marked only, and takes it back with z', async () => {
    const { sent, centre } = open();
    const all = await rows();
    press('j');
    press('x');
    press('J', { shiftKey: true });
    press('j');
    press('j');
    press('X', { shiftKey: true });
    expect(bar()?.textContent).toContain('4 đã đánh dấu');
    press('c');
    const dialog = await screen.findByRole('dialog');
    expect(dialog.textContent).toContain('4 cảnh báo');
    fireEvent.keyDown(within(dialog).getByRole('radiogroup'), { key: '2' });
    fireEvent.keyDown(within(dialog).getByRole('radiogroup'), { key: 'Enter' });
    await screen.findByText('Đã đóng: 4 cảnh báo');
    expect(sent('/bulk')[0]?.body).toEqual({
      ids: all.slice(0, 4).map(idOf),
      as_of: '2026-11-22T13:05:31.000Z',
      change: { state: 'closed', verdict: 'benign' },
    });
    expect(bar()).toBeNull();
    const states = () => all.slice(0, 4).map((row) => centre.alerts.find(({ id }) => id === idOf(row))?.state);
    expect(states()).toEqual(['closed', 'closed', 'closed', 'closed']);
    press('z');
    await screen.findByText('Đã hoàn tác');
    expect(states()).toEqual(['new', 'new', 'new', 'new']);
    expect(sent('/undo')).toHaveLength(1);
  });

  it('means all that match by the filter and not by what is loaded', async () => {
    const { sent, centre } = open('/alerts?level=critical,high', { scenario: 'ok' });
    await rows();
    const [one] = centre.alerts;
    for (let n = 0; one && n < 200; n += 1) centre.alerts.push({ ...structuredClone(one), id: `more-${n}` });
    fireEvent.click(screen.getByRole('button', { name: /^Chưa đóng/ }));
    await waitFor(() => expect(screen.getAllByRole('row').length).toBeGreaterThan(3));
    await waitFor(() => expect(screen.getByRole('button', { name: /^Chưa đóng/ }).getAttribute('aria-current')).toBe('page'));
    await screen.findByText(/^2\d\d cảnh báo$/);
    press('a', { ctrlKey: true });
    fireEvent.click(await screen.findByRole('button', { name: /^Chọn tất cả 2\d\d$/ }));
    expect(bar()?.textContent).toMatch(/Tất cả 2\d\d cảnh báo khớp bộ lọc/);
    press('e');
    await screen.findByText(/^Đã tiếp nhận: \d+ cảnh báo/);
    expect(sent('/bulk')[0]?.body).toEqual({
      filter: { state: 'new,acknowledged,in_work', level: 'critical,high', as_of: '2026-11-22T13:05:31.000Z' },
      change: { state: 'acknowledged' },
    });
  });

  it('forgets the marks when another list is shown, and with Escape', async () => {
    open();
    await rows();
    press('j');
    press('x');
    expect(bar()).not.toBeNull();
    press('Escape');
    expect(bar()).toBeNull();
    press('x');
    fireEvent.click(screen.getByRole('button', { name: /^Tất cả/ }));
    expect(bar()).toBeNull();
  });

  it('marks nothing for those who may only look', async () => {
    open('/alerts', { permissions: ['alerts.read'] });
    await rows();
    press('j');
    press('x');
    expect(bar()).toBeNull();
    expect(screen.queryByRole('checkbox')).toBeNull();
  });
});

describe('a range of rows', () => {
  const row = (id: string) => ({ id }) as Parameters<typeof between>[0][number];
  const list = ['a', 'b', 'c', 'd'].map(row);

  it('holds both ends, in either direction', () => {
    expect(between(list, 'b', 'd')).toEqual(['b', 'c', 'd']);
    expect(between(list, 'd', 'b')).toEqual(['b', 'c', 'd']);
    expect(between(list, 'c', 'c')).toEqual(['c']);
  });

  it('is the one row when the other is gone', () => {
    expect(between(list, 'gone', 'b')).toEqual(['b']);
    expect(between(list, 'gone', 'too')).toEqual([]);
  });
});
