import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { show, type ShowOptions } from '../../../dev/show';
import { SESSION } from '../../../dev/world';
import { kindOf } from '../../lib/cases';
import { en } from '../../lib/i18n/en';
import { vi } from '../../lib/i18n/vi';
import { CasePage } from './CasePage';
import { CasesPage } from './CasesPage';
import { EscalateDialog } from './EscalateDialog';
import { readFilter, writeFilter } from './filter';
import { aboutOf } from './Timeline';

function open(address = '/cases', options: ShowOptions = {}) {
  const shown = show(
    <Routes>
      <Route path="/cases" element={<CasesPage />} />
      <Route path="/cases/:id" element={<CasePage />} />
      <Route path="*" element={null} />
    </Routes>,
    address,
    options,
  );
  return { ...shown, writes: () => shown.calls.filter((call) => call.method !== 'GET') };
}

const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });
const READS = SESSION.permissions.filter((name) => name !== 'cases.write' && name !== 'evidence.read');
const ONE = '/cases/V-2026-0003';

describe('the board', () => {
  it('has a column for each state, with what a case is about', async () => {
    open();
    const column = await screen.findByRole('region', { name: 'Đang xử lý' });
    const card = within(column).getByText('Nghi mã độc tống tiền tại bệnh viện').closest('li');
    expect(card?.textContent).toContain('Nghiêm trọng');
    expect(card?.textContent).toContain('V-2026-0003');
    expect(card?.textContent).toContain(SESSION.user);
    expect(card?.textContent).toContain('2/4');
  });

  it('is worked through with keys', async () => {
    const { address } = open();
    await screen.findByText('Nghi mã độc tống tiền tại bệnh viện');
    press('j');
    press('Enter');
    await waitFor(() => expect(address()).toMatch(/^\/cases\/V-2026-000/));
  });

  it('asks the centre as its link says', async () => {
    const { calls } = open('/cases?view=table&assignee=me&level=critical');
    await screen.findByText('Nghi mã độc tống tiền tại bệnh viện');
    const asked = calls.find((call) => call.path === '/cases')?.query;
    expect(Object.fromEntries(asked ?? [])).toEqual({ assignee: 'me', level: 'critical', limit: '100' });
    expect(screen.queryByText('Máy in gửi nhiều gói lạ')).toBeNull();
  });

  it('says why it is empty, and what to do', async () => {
    open('/cases', { scenario: 'empty' });
    expect(await screen.findByText(vi.cases.emptyText)).toBeTruthy();
  });

  it('offers nothing to who may only read', async () => {
    const { writes } = open('/cases', { permissions: READS });
    await screen.findByText('Nghi mã độc tống tiền tại bệnh viện');
    press('n');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(writes()).toEqual([]);
  });
});

describe('one case', () => {
  it('shows its timeline, and how much lies outside the reader’s sites', async () => {
    open(ONE);
    expect(await screen.findByText('Đã gọi phòng công nghệ thông tin bệnh viện, đề nghị giữ nguyên máy, không khởi động lại.')).toBeTruthy();
    expect(screen.getByText(vi.cases.outside('2'))).toBeTruthy();
  });

  it('keeps what is written when somebody else was faster, and shows both sides', async () => {
    const { writes } = open(ONE, { scenario: 'conflict' });
    await screen.findByText(vi.cases.timeline.write);
    press('e');
    const dialog = await screen.findByRole('dialog');
    fireEvent.change(within(dialog).getByLabelText(vi.cases.form.title), { target: { value: 'Tên của tôi' } });
    fireEvent.click(within(dialog).getByText(vi.cases.form.save));
    const sides = await screen.findByText(vi.cases.conflict.title);
    expect(sides.closest('section')?.textContent).toContain('Nghi mã độc tống tiền tại bệnh viện');
    expect((within(dialog).getByLabelText(vi.cases.form.title) as HTMLInputElement).value).toBe('Tên của tôi');
    fireEvent.click(within(dialog).getByText(vi.cases.conflict.save));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(writes().map((call) => call.body.version)).toEqual([1, 2]);
  });

  it('closes with a verdict only, and says which tasks are open', async () => {
    const { writes } = open(ONE);
    await screen.findByText(vi.cases.timeline.write);
    press('c');
    const dialog = await screen.findByRole('dialog');
    expect(dialog.textContent).toContain(vi.cases.closing.openTasks('2'));
    press('Enter');
    expect(writes()).toEqual([]);
    const frame = within(dialog).getByRole('radiogroup');
    fireEvent.keyDown(frame, { key: '1' });
    fireEvent.keyDown(frame, { key: 'Enter' });
    await waitFor(() => expect(writes().map((call) => [call.path, call.body.verdict])).toEqual([[`${ONE}/close`, 'true_positive']]));
  });

  it('adds a note once, and keeps it when it could not be saved', async () => {
    const { writes, scenario } = open(ONE);
    const box = await screen.findByLabelText(vi.cases.timeline.write);
    scenario('error');
    fireEvent.change(box, { target: { value: 'Đã hỏi bệnh viện.' } });
    fireEvent.click(screen.getByText(vi.cases.timeline.save));
    await screen.findByText(/Chưa làm được/);
    expect((box as HTMLTextAreaElement).value).toBe('Đã hỏi bệnh viện.');
    scenario('ok');
    fireEvent.click(screen.getByText(vi.cases.timeline.save));
    await waitFor(() => expect((box as HTMLTextAreaElement).value).toBe(''));
    expect(writes()).toHaveLength(2);
  });

  it('gives no copies of evidence to who may not have them', async () => {
    open(`${ONE}?tab=evidence`, { permissions: READS });
    await screen.findByText('PC-KETOAN-02.mem.zst');
    expect(screen.queryByText(vi.cases.evidence.take)).toBeNull();
    expect(screen.queryByText(vi.cases.evidence.add)).toBeNull();
  });

  it('is not there for who may not see it', async () => {
    open('/cases/V-2026-9999');
    expect(await screen.findByText(vi.screens.noCaseTitle)).toBeTruthy();
  });
});

describe('from alerts into a case', () => {
  it('opens one with the alert, in the name of the rule, once', async () => {
    const { centre, calls } = show(<div />, '/alerts');
    const [alert] = centre.alerts;
    if (!alert) throw new Error('no alert');
    const shown = show(<EscalateDialog alerts={[alert]} onClose={() => undefined} />, '/alerts');
    fireEvent.click(await screen.findByText(vi.cases.escalate.submitNew));
    await screen.findByText(/Đã mở vụ việc V-2026-0/);
    const made = shown.calls.filter((call) => call.method === 'POST');
    expect(made.map((call) => call.body.alerts)).toEqual([[alert.id]]);
    expect(made[0]?.body.title).toBe(alert.rule.title);
    expect(calls.every((call) => call.method === 'GET')).toBe(true);
  });

  it('goes into one that is open', async () => {
    const { centre } = show(<div />, '/alerts');
    const alert = centre.alerts[20];
    if (!alert) throw new Error('no alert');
    const shown = show(<EscalateDialog alerts={[alert]} onClose={() => undefined} />, '/alerts');
    fireEvent.click(await screen.findByText(vi.cases.escalate.existing));
    fireEvent.click(await screen.findByText('Nghi mã độc tống tiền tại bệnh viện'));
    expect(screen.queryByText('Dò mật khẩu SSH từ một địa chỉ')).toBeNull();
    fireEvent.click(screen.getByText(vi.cases.escalate.submitExisting));
    await screen.findByText(/Đã đưa vào vụ việc V-2026-0003/);
    expect(shown.calls.filter((call) => call.method === 'POST').map((call) => call.path)).toEqual(['/cases/V-2026-0003/alerts']);
  });
});

describe('words and values', () => {
  it('knows what a value is', () => {
    const kinds: [string, string, string][] = [
      ['203.0.113.7', '', 'ip'],
      ['2001:db8::7', '', 'ip'],
      ['PC-1', 'host.name', 'host'],
      ['http://a.example/x', '', 'url'],
      ['a.example', 'dns.question.name', 'domain'],
      ['a@b.example', '', 'email'],
      ['d41d8cd98f00b204e9800998ecf8427e', '', 'hash'],
      ['đêm qua', '', 'other'],
    ];
    for (const [value, field, kind] of kinds) expect(kindOf(value, field), value).toBe(kind);
  });

  it('says what an action was about, in words', () => {
    const words = { ...vi.level, ...vi.state, ...vi.verdict };
    expect(aboutOf({ level: { from: 'low', to: 'high' }, assignee: { from: '', to: 'an' } }, vi.cases.fields, words)).toBe('mức độ Thấp → Cao · người xử lý – → an');
    expect(aboutOf({ verdict: 'benign', lessons: 'x' }, vi.cases.fields, words)).toBe('Hợp lệ');
    expect(aboutOf(null, vi.cases.fields, words)).toBe('');
  });

  it('writes its filter into the address, and reads it again', () => {
    const params = writeFilter(new URLSearchParams('sel=V-2026-0001'), { assignee: 'me', view: 'table', text: 'bệnh viện' });
    expect(readFilter(params)).toEqual({ view: 'table', assignee: 'me', level: '', text: 'bệnh viện' });
    expect(params.has('sel')).toBe(false);
    expect(readFilter(new URLSearchParams('level=quite&assignee=x'))).toEqual({ view: 'board', assignee: '', level: '', text: '' });
  });

  it('speaks both languages', () => {
    expect(Object.keys(en.cases.did)).toEqual(Object.keys(vi.cases.did));
    expect(Object.keys(en.cases.observables.kinds)).toEqual(Object.keys(vi.cases.observables.kinds));
  });
});
