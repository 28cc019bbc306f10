import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it, vi } from 'vitest';
import { NOW, show, type ShowOptions } from '../../../dev/show';
import { AlertPage } from './AlertPage';
import { QueuePage } from './QueuePage';
import { ChangeProvider, UNDO_MS } from './useChange';

function open(address = '/alerts', options: ShowOptions & { now?: () => number } = {}) {
  const shown = show(
    <ChangeProvider now={options.now ?? (() => NOW)}>
      <Routes>
        <Route path="/alerts" element={<QueuePage />} />
        <Route path="/alerts/:id" element={<AlertPage />} />
      </Routes>
    </ChangeProvider>,
    address,
    options,
  );
  return { ...shown, changes: () => shown.calls.filter((call) => call.path.endsWith('/state')), undone: () => shown.calls.filter((call) => call.path.endsWith('/undo')) };
}

const rows = () => screen.findAllByRole('row', { selected: false });
const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });
const selected = () => screen.queryAllByRole('row', { selected: true });

describe('the queue', () => {
  it('shows new alerts with severity in words, entities and site', async () => {
    open();
    const [first] = await rows();
    expect(first?.textContent).toContain('Cao');
    expect(first?.textContent).toContain('Đường hầm DNS');
    expect(first?.textContent).toContain('10.60.1.21 → 10.60.0.53');
    await waitFor(() => expect(first?.textContent).toContain('UBND xã Bình Minh'));
  });

  it('moves with j and k however fast, and leaves the selection in the URL', async () => {
    const { address } = open();
    const all = await rows();
    press('j');
    press('j');
    press('j');
    press('k');
    expect(selected()).toEqual([all[1]]);
    await waitFor(() => expect(address()).toBe(`/alerts?sel=${all[1]?.id.replace('row-', '')}`));
  });

  it('opens the alert with Enter', async () => {
    const { address, centre } = open();
    await rows();
    press('j');
    press('Enter');
    await waitFor(() => expect(address()).toBe(`/alerts/${centre.alerts[0]?.id}`));
  });

  it('takes a link: view, filters and order go to the centre as they are', async () => {
    const { calls } = open('/alerts?state=open&level=critical,high&site=so-tttt&entity=10.0.0.1&sort=oldest');
    await screen.findByText('Bộ lọc không khớp cảnh báo nào');
    const asked = calls.find((call) => call.path === '/alerts')?.query;
    expect(Object.fromEntries(asked ?? [])).toEqual({
      state: 'new,acknowledged,in_work',
      level: 'critical,high',
      site: 'so-tttt',
      entity: '10.0.0.1',
      sort: 'oldest',
      limit: '100',
    });
  });

  it('keeps keys out of text fields', async () => {
    const { changes } = open();
    await rows();
    press('j');
    const box = screen.getByLabelText('Đối tượng');
    fireEvent.keyDown(box, { key: 'e' });
    expect(changes()).toHaveLength(0);
  });
});

describe('acting on an alert', () => {
  it('acknowledges with e at once, and undoes with z', async () => {
    const { centre, changes, undone } = open();
    const [first] = await rows();
    press('j');
    press('e');
    await waitFor(() => expect(first?.textContent).toContain('Đã nhận'));
    await screen.findByText(/Đã tiếp nhận/);
    expect(changes()[0]?.body).toEqual({ state: 'acknowledged', version: 1 });
    press('z');
    await screen.findByText('Đã hoàn tác');
    expect(undone()).toHaveLength(1);
    expect(centre.alerts[0]?.state).toBe('new');
    press('z');
    expect(undone()).toHaveLength(1);
  });

  it('does not undo what is older than ten seconds', async () => {
    let now = NOW;
    const { undone } = open('/alerts', { now: () => now });
    await rows();
    press('j');
    press('e');
    await screen.findByText(/Đã tiếp nhận/);
    now += UNDO_MS + 1;
    press('z');
    expect(undone()).toHaveLength(0);
  });

  it('closes with c, a digit, a note; and moves on to the next row', async () => {
    const { changes, centre } = open();
    const all = await rows();
    press('j');
    press('c');
    const dialog = await screen.findByRole('dialog');
    const submit = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Đóng cảnh báo' });
    expect(submit.disabled).toBe(true);
    fireEvent.keyDown(within(dialog).getByRole('radiogroup'), { key: '3' });
    const note = within(dialog).getByLabelText('Ghi chú');
    fireEvent.change(note, { target: { value: ' đã gọi xã ' } });
    fireEvent.keyDown(note, { key: '1' });
    fireEvent.keyDown(note, { key: 'Enter', ctrlKey: true });
    await screen.findByText(/Đã đóng:/);
    expect(changes()[0]?.body).toEqual({
      state: 'closed',
      verdict: 'false_positive',
      note: 'đã gọi xã',
      version: 1,
    });
    expect(centre.alerts[0]?.verdict).toBe('false_positive');
    expect(selected()).toEqual([all[1]]);
  });

  it('reopens a closed alert with r', async () => {
    const { changes } = open('/alerts?state=closed');
    await rows();
    press('j');
    press('e');
    press('r');
    await screen.findByText(/Đã mở lại/);
    expect(changes().map((call) => call.body.state)).toEqual(['new']);
  });

  it('takes one change after the other, however fast the keys', async () => {
    const { changes, centre } = open();
    await rows();
    press('j');
    press('e');
    press('w');
    await waitFor(() => expect(centre.alerts[0]?.state).toBe('in_work'));
    expect(changes().map((call) => call.body)).toEqual([{ state: 'acknowledged', version: 1 }, { state: 'in_work', version: 2 }]);
    expect(screen.queryByRole('alertdialog')).toBeNull();
  });

  it('shows both sides of a conflict and overwrites nothing unless told to', async () => {
    const { scenario, changes, centre } = open();
    await rows();
    scenario('conflict');
    press('j');
    press('e');
    const dialog = await screen.findByRole('alertdialog');
    expect(dialog.textContent).toContain('Đang xử lý');
    expect(dialog.textContent).toContain('an.nguyen');
    expect(dialog.textContent).toContain('Đã nhận');
    expect(centre.alerts[0]?.state).toBe('in_work');
    fireEvent.click(within(dialog).getByRole('button', { name: 'Vẫn áp dụng thay đổi của tôi' }));
    await screen.findByText(/Đã tiếp nhận/);
    expect(changes()[1]?.body).toEqual({ state: 'acknowledged', version: 40 });
  });

  it('takes a refused change back and says why', async () => {
    const { scenario } = open();
    const [first] = await rows();
    scenario('error');
    press('j');
    press('e');
    await screen.findByText(/Chưa thay đổi được: Trung tâm gặp lỗi nội bộ/);
    expect(first?.textContent).not.toContain('Đã nhận');
  });

  it('only looks, for those who may only look', async () => {
    const { changes } = open('/alerts', { permissions: ['alerts.read'] });
    await rows();
    press('j');
    press('e');
    await screen.findByText('Tài khoản của bạn chỉ được xem.');
    expect(changes()).toHaveLength(0);
  });
});

describe('the live line', () => {
  it('changes a row in place when a colleague acts on it, and ignores what is older', async () => {
    const { tell, centre } = open();
    const [first] = await rows();
    const live = { id: centre.alerts[0]?.id, level: 'high', site: 'xa-binh-minh', opened: false };
    tell('alert', { ...live, state: 'in_work', version: 7 });
    await waitFor(() => expect(first?.textContent).toContain('Đang xử lý'));
    tell('alert', { ...live, state: 'new', version: 6 });
    tell('alert', { ...live, state: 'acknowledged', version: 8 });
    await waitFor(() => expect(first?.textContent).toContain('Đã nhận'));
  });
});

describe('states of the list', () => {
  it('says when there are too many, and how to narrow', async () => {
    open('/alerts?sort=severity', { scenario: 'too_many' });
    await screen.findByText('Có hơn 10.000 cảnh báo.');
  });

  it('explains an error with its request id, and tries again', async () => {
    const { scenario } = open('/alerts', { scenario: 'error' });
    await screen.findByText('Mã yêu cầu: 01K9X3T7Q4M2');
    scenario('ok');
    fireEvent.click(screen.getAllByRole('button', { name: 'Thử lại' })[0] ?? document.body);
    expect((await rows()).length).toBeGreaterThan(5);
  });

  it('keeps what it has when it cannot refresh, and says since when', async () => {
    vi.useFakeTimers({ now: NOW, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
    try {
      const { scenario } = open();
      for (let turn = 0; turn < 8; turn += 1) await act(() => vi.advanceTimersByTimeAsync(10));
      scenario('error');
      await act(() => vi.advanceTimersByTimeAsync(31_000));
      expect(screen.getByText(/^Dữ liệu lúc 22\/11\/2026 20:05:31; chưa làm mới được\.$/)).toBeTruthy();
      expect(screen.getAllByRole('row').length).toBeGreaterThan(5);
    } finally {
      vi.useRealTimers();
    }
  });

  it('holds new alerts behind the pill until they are wanted', async () => {
    vi.useFakeTimers({ now: NOW, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
    try {
      const { centre } = open();
      for (let turn = 0; turn < 8; turn += 1) await act(() => vi.advanceTimersByTimeAsync(10));
      const before = screen.getAllByRole('row')[1]?.id;
      const fresh = structuredClone(centre.alerts[0]);
      if (fresh) centre.alerts.push({ ...fresh, id: 'al-fresh', opened: '2026-11-22T13:06:00Z' });
      await act(() => vi.advanceTimersByTimeAsync(31_000));
      expect(screen.getAllByRole('row')[1]?.id).toBe(before);
      await act(async () => {
        fireEvent.click(screen.getByRole('button', { name: /^1 mới/ }));
        await vi.advanceTimersByTimeAsync(10);
      });
      expect(screen.getAllByRole('row')[1]?.id).toBe('row-al-fresh');
    } finally {
      vi.useRealTimers();
    }
  });
});
