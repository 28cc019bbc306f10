import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it, vi } from 'vitest';
import { NOW, show, type ShowOptions } from '../../../dev/show';
import { makeRules } from '../../../dev/rules-world';
import { SESSION } from '../../../dev/world';
import { RulePage } from './RulePage';
import { RulesPage } from './RulesPage';

const ENCODED = '7f1c0a05-4be2-4d8a-9a51-2f6c7d90e105';
const SCANNER = '7f1c0a0a-4be2-4d8a-9a51-2f6c7d90e10a';
const TUNNEL = '7f1c0a01-4be2-4d8a-9a51-2f6c7d90e101';

function open(address: string, options: ShowOptions = {}) {
  return show(
    <Routes>
      <Route path="/rules" element={<RulesPage />} />
      <Route path="/rules/:id" element={<RulePage />} />
    </Routes>,
    address,
    options,
  );
}

const rows = () => screen.findAllByRole('row', { selected: false });
const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });

describe('the list of rules', () => {
  it('shows what each looks for, where from, how loud, and what is off in words', async () => {
    open('/rules');
    const all = await rows();
    expect(all[0]?.textContent).toContain('Đường hầm DNS');
    expect(all[0]?.textContent).toContain('Cao');
    expect(all[0]?.textContent).toContain('tương quan');
    expect(all[0]?.textContent).toContain('T1071.004');
    expect(within(all[0] ?? document.body).getByRole('link', { name: '212 cảnh báo' }).getAttribute('href')).toBe(`/alerts?state=all&rule=${TUNNEL}`);
    expect(all[9]?.textContent).toContain('Tắt một phần');
    expect(all[11]?.textContent).toContain('Tạo tác vụ định kỳ đáng ngờ');
    expect(all[11]?.textContent).toContain('windows · process_creation');
    expect(screen.getByText('148 luật')).toBeTruthy();
  });

  it('takes a link: every filter goes to the centre as it is', async () => {
    const { calls } = open('/rules?text=web&level=high&origin=local&pack=sigmahq-core&state=on&tag=attack.t1190');
    await rows();
    const asked = calls.find((call) => call.path === '/rules')?.query;
    expect(Object.fromEntries(asked ?? [])).toEqual({
      text: 'web', level: 'high', origin: 'local', pack: 'sigmahq-core', state: 'on', tag: 'attack.t1190', limit: '100',
    });
  });

  it('writes what one types into the address, and clears it', async () => {
    const { address } = open('/rules');
    await rows();
    const box = screen.getByLabelText('Tìm luật');
    fireEvent.change(box, { target: { value: 'khong-co' } });
    await screen.findByText('Bộ lọc không khớp luật nào');
    expect(address()).toBe('/rules?text=khong-co');
    // A blank may be the beginning of the next word.
    fireEvent.change(box, { target: { value: 'khong ' } });
    await waitFor(() => expect(address()).toBe('/rules?text=khong'));
    expect((box as HTMLInputElement).value).toBe('khong ');
    fireEvent.click(screen.getAllByRole('button', { name: 'Xóa bộ lọc' })[0] ?? document.body);
    await waitFor(() => expect(address()).toBe('/rules'));
    expect((await rows()).length).toBeGreaterThan(5);
  });

  it('moves with j and k, opens with Enter, finds with /', async () => {
    const { address } = open('/rules');
    await rows();
    press('j');
    press('j');
    await waitFor(() => expect(address()).toContain('sel='));
    press('k');
    press('/');
    expect(document.activeElement).toBe(screen.getByLabelText('Tìm luật'));
    act(() => (document.activeElement as HTMLElement).blur());
    press('Enter');
    await waitFor(() => expect(address()).toBe(`/rules/${TUNNEL}`));
  });

  it('lists the problems of rule files with their places', async () => {
    open('/rules');
    expect(await screen.findByText('2 vấn đề trong tệp luật')).toBeTruthy();
    expect(screen.getByText('sigma/thu-nghiem.yml:14')).toBeTruthy();
  });

  it('says when there are too many to read, none at all, or a failure', async () => {
    open('/rules', { scenario: 'too_many' });
    expect(await screen.findByText('Có 3.780 luật.')).toBeTruthy();
  });

  it('says what to do without rules', async () => {
    open('/rules', { scenario: 'empty' });
    expect(await screen.findByText('Chưa có luật nào')).toBeTruthy();
  });

  it('explains a failure with its request id', async () => {
    open('/rules', { scenario: 'error' });
    expect((await screen.findByRole('alert')).textContent).toContain('01K9X3T7Q4M2');
  });

  it('keeps what it has when it cannot refresh, and says since when', async () => {
    vi.useFakeTimers({ now: NOW, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
    try {
      const { scenario } = open('/rules');
      for (let turn = 0; turn < 8; turn += 1) await act(() => vi.advanceTimersByTimeAsync(10));
      scenario('error');
      await act(() => vi.advanceTimersByTimeAsync(61_000));
      expect(screen.getByText(/^Dữ liệu lúc .*; chưa làm mới được\.$/)).toBeTruthy();
      expect(screen.getAllByRole('row').length).toBeGreaterThan(5);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('one rule', () => {
  it('says what it is, its text, its exceptions and its correlations', async () => {
    open(`/rules/${ENCODED}`);
    expect(await screen.findByRole('heading', { name: 'PowerShell với lệnh mã hóa' })).toBeTruthy();
    expect(screen.getByText('Công cụ quản trị tập trung')).toBeTruthy();
    expect(screen.getByText(/ccmexec\.exe/)).toBeTruthy();
    const main = document.body.textContent;
    expect(main).toContain('Apache-2.0');
    expect(main).toContain('detection:');
    const used = await screen.findByRole('link', { name: 'Quét cổng: một nguồn thử nhiều cổng của một máy' });
    expect(used.getAttribute('href')).toBe('/rules/7f1c0a02-4be2-4d8a-9a51-2f6c7d90e102');
  });

  it('says where it is off, who wanted it and why', async () => {
    open(`/rules/${SCANNER}`);
    const note = await screen.findByRole('note');
    await waitFor(() => expect(note.textContent).toContain('Đang tắt tại Bệnh viện đa khoa tỉnh'));
    expect(note.textContent).toContain('Đang tắt tại UBND xã Bình Minh');
    expect(note.textContent).toContain('công văn 1123');
    expect(note.textContent).toContain('an.nguyen');
  });

  it('turns off at sites with a reason, and not without', async () => {
    const { calls } = open(`/rules/${ENCODED}`);
    await screen.findByRole('heading', { name: /PowerShell/ });
    press('o');
    const dialog = await screen.findByRole('dialog');
    const save = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Lưu' });
    fireEvent.change(within(dialog).getByLabelText('Lý do'), { target: { value: ' chờ chỉnh ' } });
    expect(save.disabled).toBe(false);
    fireEvent.click(within(dialog).getByLabelText('Tắt tại các điểm đã chọn'));
    expect(save.disabled).toBe(true);
    fireEvent.click(within(dialog).getByLabelText('UBND xã Bình Minh'));
    fireEvent.click(save);
    expect(await screen.findByText('Đã tắt luật.')).toBeTruthy();
    expect(calls.find((call) => call.method === 'PUT')?.body).toEqual({ everywhere: false, sites: ['xa-binh-minh'], why: 'chờ chỉnh' });
    await waitFor(() => expect(screen.getByRole('note').textContent).toContain('chờ chỉnh'));
  });

  it('turns on again everywhere', async () => {
    const { calls } = open(`/rules/${SCANNER}`);
    await screen.findByRole('note');
    press('o');
    const dialog = await screen.findByRole('dialog');
    fireEvent.click(within(dialog).getByLabelText('Bật ở mọi điểm'));
    fireEvent.change(within(dialog).getByLabelText('Lý do'), { target: { value: 'hết đợt' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Lưu' }));
    expect(await screen.findByText('Đã bật luật.')).toBeTruthy();
    expect(calls.find((call) => call.method === 'PUT')?.body).toEqual({ everywhere: false, sites: [], why: 'hết đợt' });
  });

  it('lets a reader of some sites change his own, and nothing that is off everywhere', async () => {
    const { calls } = open(`/rules/${SCANNER}`, { sites: ['xa-binh-minh', 'so-tttt'] });
    await screen.findByRole('note');
    press('o');
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).queryByLabelText('Tắt ở mọi điểm')).toBeNull();
    expect((await within(dialog).findByLabelText<HTMLInputElement>('UBND xã Bình Minh')).checked).toBe(true);
    expect(within(dialog).queryByLabelText('Bệnh viện đa khoa tỉnh')).toBeNull();
    fireEvent.click(within(dialog).getByLabelText('Trung tâm dữ liệu tỉnh'));
    fireEvent.change(within(dialog).getByLabelText('Lý do'), { target: { value: 'quét' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Lưu' }));
    await screen.findByText('Đã tắt luật.');
    expect(calls.find((call) => call.method === 'PUT')?.body).toEqual({ everywhere: false, sites: ['so-tttt', 'xa-binh-minh'], why: 'quét' });
  });

  it('says of each place who turned it off there and why', async () => {
    const partly = makeRules(NOW, 148).find((rule) => rule.off?.everywhere === false);
    open(`/rules/${partly?.id ?? ''}`);
    const note = await screen.findByRole('note');
    const said = [...note.querySelectorAll('p')].map((each) => each.textContent);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/công văn 1123.*an\.nguyen/s);
    expect(said[1]).toMatch(/sao lưu.*binh\.le/s);
  });

  it('says who can turn on again what is off everywhere', async () => {
    const off = makeRules(NOW, 148).find((rule) => rule.off?.everywhere === true);
    open(`/rules/${off?.id ?? ''}`, { sites: ['so-tttt'] });
    fireEvent.click(await screen.findByRole('button', { name: /Bật hoặc tắt/ }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog.textContent).toContain('người quản lý toàn bộ các điểm mới bật lại được');
    expect(within(dialog).queryByLabelText('Lý do')).toBeNull();
  });

  it('lets who may only read look', async () => {
    open(`/rules/${ENCODED}`, { permissions: SESSION.permissions.filter((name) => name !== 'rules.tune') });
    await screen.findByRole('heading', { name: /PowerShell/ });
    expect(screen.queryByRole('button', { name: /Bật hoặc tắt/ })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Gia hạn' })).toBeNull();
    press('o');
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('says that a rule is not there', async () => {
    open('/rules/khong-co');
    expect(await screen.findByText('Không có luật này')).toBeTruthy();
    expect(screen.getByRole('link', { name: 'Về danh sách luật' })).toBeTruthy();
  });
});
