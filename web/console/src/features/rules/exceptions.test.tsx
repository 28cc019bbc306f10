import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { NOW, show, type ShowOptions } from '../../../dev/show';
import { SESSION } from '../../../dev/world';
import type { RuleException } from '../../lib/api';
import { ExceptionsPage } from './ExceptionsPage';
import { inOrder, isMeant, termOf } from './term';

// The invented centre stands at one moment; the page looks at it then.
vi.mock('../../lib/clock', () => ({ useNow: () => Date.parse('2026-11-22T13:05:31Z') }));

const DAY = 86_400_000;

function open(address = '/rules/exceptions', options: ShowOptions = {}) {
  return show(<ExceptionsPage />, address, options);
}

const items = async () => within(await screen.findByRole('list', { name: 'Ngoại lệ' })).getAllByRole('listitem').filter((item) => item.classList.contains('exception'));

describe('the page of exceptions', () => {
  it('shows state, end, conditions, owner and reason; what ends first stands first', async () => {
    open();
    const [soon, running, , hand, over] = await items();
    expect(soon?.textContent).toContain('Sắp hết hạn');
    expect(soon?.textContent).toContain('src_ip thuộc dải 10.60.9.0/24');
    expect(soon?.textContent).toContain('Lọc 1 luật mà tương quan này đếm');
    expect(running?.textContent).toContain('an.nguyen');
    await waitFor(() => expect(running?.textContent).toContain('Trung tâm dữ liệu tỉnh'));
    expect(within(running ?? document.body).getByRole('link', { name: 'Cảnh báo gốc' }).getAttribute('href')).toBe('/alerts/al-00000000');
    expect(hand?.textContent).toContain('Viết tay');
    expect(hand?.textContent).toContain('Không hết hạn');
    expect(hand?.textContent).toContain('Mọi luật cùng nguồn nhật ký');
    expect(over?.textContent).toContain('Đã hết hạn');
  });

  it('filters by state and text through the address', async () => {
    const { address } = open('/rules/exceptions?state=expired');
    expect(await items()).toHaveLength(1);
    fireEvent.click(screen.getByRole('radio', { name: 'Tất cả 5' }));
    fireEvent.change(screen.getByLabelText('Tìm ngoại lệ'), { target: { value: 'ccmexec' } });
    await waitFor(() => expect(address()).toBe('/rules/exceptions?text=ccmexec'));
    expect(await items()).toHaveLength(1);
    fireEvent.change(screen.getByLabelText('Tìm ngoại lệ'), { target: { value: 'khong-co ' } });
    expect(await screen.findByText('Không có ngoại lệ nào khớp')).toBeTruthy();
  });

  it('prolongs by thirty days unless told otherwise', async () => {
    const { calls } = open();
    const [first] = await items();
    fireEvent.click(within(first ?? document.body).getByRole('button', { name: 'Gia hạn' }));
    const dialog = await screen.findByRole('dialog');
    fireEvent.click(within(dialog).getByRole('button', { name: 'Gia hạn' }));
    expect(await screen.findByText('Đã gia hạn ngoại lệ.')).toBeTruthy();
    const sent = calls.find((call) => call.method === 'PATCH');
    expect(sent?.path).toBe('/rules/exceptions/ex-2');
    expect(sent?.body.reason).toBe('Máy chủ diệt vi-rút tra mã băm qua DNS.');
    expect(Math.round((Date.parse(String(sent?.body.expires)) - Date.now()) / DAY)).toBe(30);
  });

  it('removes with a reason', async () => {
    const { calls } = open();
    const [first] = await items();
    fireEvent.click(within(first ?? document.body).getByRole('button', { name: 'Bỏ ngoại lệ' }));
    const dialog = await screen.findByRole('alertdialog');
    fireEvent.change(within(dialog).getByLabelText('Lý do'), { target: { value: 'đã đổi máy' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Bỏ ngoại lệ' }));
    await waitFor(async () => expect(await items()).toHaveLength(4));
    expect(calls.find((call) => call.method === 'DELETE')?.query.get('why')).toBe('đã đổi máy');
  });

  it('has no tools for who may only read, and says what to do when there are none', async () => {
    open('/rules/exceptions', { permissions: SESSION.permissions.filter((name) => name !== 'rules.tune') });
    await items();
    expect(screen.queryByRole('button', { name: 'Gia hạn' })).toBeNull();
  });

  it('teaches the key when there are none', async () => {
    open('/rules/exceptions', { scenario: 'empty' });
    expect(await screen.findByText(/phím s/)).toBeTruthy();
  });
});

describe('the term of an exception', () => {
  const made = (id: string, days: number | null, expired = false): RuleException => ({
    id, rule: { id: 'r', title: 'Port scan', vi: { title: 'Quét cổng', description: '', falsepositives: [] }, level: 'low' }, rules: ['r'], sites: [],
    match: [{ field: 'src_ip', how: 'is', values: ['10.0.0.7'] }], owner: 'an', reason: 'máy quét', created: null, expires: days === null ? null : new Date(NOW + days * DAY).toISOString(),
    expired, alert: null, by_hand: false, source: '',
  });

  it('is soon within seven days of its end, and over when either clock says so', () => {
    expect([made('a', 8), made('b', 7), made('c', -1), made('d', 30, true), made('e', null)].map((each) => termOf(each, NOW))).toEqual(['running', 'soon', 'expired', 'expired', 'running']);
  });

  it('orders by end, the endless after it, what is over last and newest first', () => {
    const given = [made('over-old', -9), made('endless', null), made('late', 20), made('over-new', -1), made('soon', 1)];
    expect(inOrder(given, NOW).map((each) => each.id)).toEqual(['soon', 'late', 'endless', 'over-new', 'over-old']);
  });

  it('is found by rule in both languages, value, owner and reason', () => {
    const found = ['quét', 'PORT', '0.0.7', 'src_', 'an', 'máy'].map((typed) => isMeant(made('a', 1), typed));
    expect(found).toEqual([true, true, true, true, true, true]);
    expect(isMeant(made('a', 1), 'dns')).toBe(false);
  });
});
