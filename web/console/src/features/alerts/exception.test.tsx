import { fireEvent, screen, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { NOW, show, type ShowOptions } from '../../../dev/show';
import { makeAlert, SESSION } from '../../../dev/world';
import type { Alert } from '../../lib/api';
import { AlertPage } from './AlertPage';
import { conditionsOf, faultOf, fieldsOf, isNetwork, matchesOf, type Condition } from './conditions';
import { QueuePage } from './QueuePage';
import { ChangeProvider } from './useChange';

function open(address: string, options: ShowOptions = {}) {
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
  return { ...shown, previews: () => shown.calls.filter((call) => call.path === '/rules/exceptions/preview') };
}

const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });
/** An alert of the rule about encoded PowerShell: an image and a command line matched. */
const alert = makeAlert(4, NOW);

async function openDialog(options: ShowOptions = {}) {
  const shown = open(`/alerts/${alert.id}`, options);
  await screen.findByRole('heading', { name: /PowerShell/ });
  press('s');
  return { ...shown, dialog: await screen.findByRole('dialog') };
}

describe('from an alert to an exception', () => {
  it('is prefilled with the rule, the site and what matched, and shows what it would silence', async () => {
    const { dialog, previews } = await openDialog();
    const used = within(dialog).getAllByRole<HTMLInputElement>('checkbox', { name: /^Dùng điều kiện/ });
    expect(used.map((box) => [box.getAttribute('aria-label')?.replace('Dùng điều kiện ', ''), box.checked])).toEqual([
      ['Image', true], ['CommandLine', true], ['host.name', true], ['user.name', true],
    ]);
    expect(await within(dialog).findByText('1 sẽ không xuất hiện')).toBeTruthy();
    expect(within(dialog).getByText('4 sẽ nhỏ hơn')).toBeTruthy();
    expect(previews()[0]?.body).toMatchObject({ rule: alert.rule.id, sites: [alert.site], match: [{ field: 'Image', how: 'is' }, { field: 'CommandLine' }, {}, {}] });
    expect((await within(dialog).findByLabelText<HTMLInputElement>('UBND xã Bình Minh')).checked).toBe(alert.site === 'xa-binh-minh');
  });

  it('counts again when one widens it, and warns when attacks would be lost', async () => {
    const { dialog, previews } = await openDialog();
    await within(dialog).findByText('1 sẽ không xuất hiện');
    const boxes = within(dialog).getAllByRole('checkbox', { name: /^Dùng điều kiện/ });
    for (const box of boxes.slice(1)) fireEvent.click(box);
    expect(await within(dialog).findByText('37 sẽ không xuất hiện')).toBeTruthy();
    expect(within(dialog).getByText(/^5 trong số đó có nhiều sự kiện hơn/)).toBeTruthy();
    expect(within(dialog).getByRole('alert').textContent).toContain('2 trong số sẽ mất đã được kết luận là tấn công thật');
    expect(within(dialog).getByRole('link', { name: 'Cảnh báo 1' }).getAttribute('href')).toBe('/alerts/al-00000000');
    // Four changes in one go are one question.
    expect(previews()).toHaveLength(2);
  });

  it('needs a condition, a reason and an end, and then makes it', async () => {
    const { dialog, calls } = await openDialog();
    const make = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Tạo ngoại lệ' });
    expect(make.disabled).toBe(true);
    fireEvent.change(within(dialog).getByLabelText('Lý do'), { target: { value: ' công cụ quản trị ' } });
    expect(make.disabled).toBe(false);
    const boxes = within(dialog).getAllByRole('checkbox', { name: /^Dùng điều kiện/ });
    for (const box of boxes) fireEvent.click(box);
    expect(make.disabled).toBe(true);
    expect(within(dialog).getByText('Hãy chọn ít nhất một điều kiện và ghi đủ giá trị.')).toBeTruthy();
    if (boxes[2]) fireEvent.click(boxes[2]);
    fireEvent.click(within(dialog).getByLabelText('90 ngày'));
    fireEvent.click(within(dialog).getByLabelText('Ở mọi điểm'));
    fireEvent.click(make);
    expect(await screen.findByText('Đã tạo ngoại lệ.')).toBeTruthy();
    const sent = calls.find((call) => call.method === 'POST' && call.path === '/rules/exceptions')?.body;
    const host = alert.entities.find((entity) => entity.field === 'host.name')?.value;
    expect(sent).toMatchObject({ rule: alert.rule.id, sites: [], match: [{ field: 'host.name', how: 'is', values: [host] }], reason: 'công cụ quản trị', alert: alert.id });
    expect(Math.round((Date.parse(String(sent?.expires)) - Date.now()) / 86_400_000)).toBe(90);
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('takes a field of one’s own with the value that the event has', async () => {
    const { dialog } = await openDialog();
    fireEvent.click(within(dialog).getByRole('button', { name: 'Thêm trường khác' }));
    const [field, value] = [...fieldsOf(alert)][0] ?? ['', ''];
    fireEvent.change(within(dialog).getByLabelText('Trường'), { target: { value: field } });
    expect(within(dialog).getAllByLabelText<HTMLTextAreaElement>(`Giá trị: ${field}`).at(-1)?.value).toBe(value);
  });

  it('is made from the selected row of the queue too, and stands in the list of keys', async () => {
    open('/alerts');
    await screen.findAllByRole('row', { selected: false });
    expect(screen.getByText('Tạo ngoại lệ').closest('div')?.textContent).toContain('s');
    press('j');
    press('s');
    const dialog = await screen.findByRole('dialog');
    expect(await within(dialog).findByText(/Đường hầm DNS/)).toBeTruthy();
  });

  it('stays at the sites of a reader who does not see all', async () => {
    const { dialog } = await openDialog({ sites: ['xa-binh-minh', 'bv-da-khoa'] });
    expect(await within(dialog).findByLabelText('Bệnh viện đa khoa tỉnh')).toBeTruthy();
    expect(within(dialog).queryByLabelText('Ở mọi điểm')).toBeNull();
    expect(within(dialog).queryByLabelText('Trung tâm dữ liệu tỉnh')).toBeNull();
  });

  it('is not for who may not tune', async () => {
    open(`/alerts/${alert.id}`, { permissions: SESSION.permissions.filter((name) => name !== 'rules.tune') });
    await screen.findByRole('heading', { name: /PowerShell/ });
    press('s');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.queryByRole('button', { name: /Tạo ngoại lệ/ })).toBeNull();
  });
});

describe('conditions', () => {
  const made = (matched: Record<string, unknown>[], entities: Alert['entities'] = []): Alert => {
    const [first] = alert.evidence;
    if (!first) throw new Error('the alert has no evidence');
    return { ...alert, entities, evidence: matched.map((each) => ({ ...first, matched: each })) };
  };
  const row = (change: Partial<Condition>): Condition => ({ key: 'k', field: 'a', how: 'is', values: ['x'], isUsed: true, isOwn: false, ...change });

  it('lay nested matches flat and join what several events matched', () => {
    const conditions = conditionsOf(made([{ 'dns.queries': [{ rrname: 'a.vn' }], n: 1 }, { 'dns.queries': [{ rrname: 'b.vn' }], n: 1 }]));
    expect(conditions.map(({ field, values, isUsed }) => [field, values, isUsed])).toEqual([
      ['dns.queries.rrname', ['a.vn', 'b.vn'], true],
      ['n', ['1'], true],
    ]);
  });

  it('leave out what only some of the events matched, unless the alert is about it', () => {
    const conditions = conditionsOf(made([{ agent: 'jndi', ip: '10.0.0.1' }, { url: 'jndi' }, { url: 'jndi' }], [{ field: 'ip', value: '10.0.0.1' }]));
    expect(conditions.map(({ field, isUsed }) => [field, isUsed])).toEqual([['agent', false], ['ip', true], ['url', false]]);
  });

  it('leave out what varies from event to event, and what is empty', () => {
    const many = Array.from({ length: 6 }, (_, n) => ({ name: `${String(n)}.t.example`, empty: '' }));
    const [varying, entity] = conditionsOf(made(many, [{ field: 'source.ip', value: '10.0.0.1' }, { field: 'destination.ip', value: '' }]));
    expect(varying).toMatchObject({ field: 'name', isUsed: false });
    expect(varying?.values).toHaveLength(3);
    expect(entity).toMatchObject({ field: 'source.ip', isUsed: true });
  });

  it('are sent only whole', () => {
    expect(matchesOf([row({ isUsed: false })])).toBeNull();
    expect(matchesOf([row({}), row({ values: ['', ''] })])).toBeNull();
    expect(matchesOf([row({ field: ' ' })])).toBeNull();
    expect(matchesOf([row({ how: 'cidr' })])).toBeNull();
    expect(faultOf(row({ how: 'cidr' }))).toBe('network');
    expect(matchesOf([row({ field: ' a ', values: ['x', ''] }), row({ isUsed: false, values: [''] })])).toEqual([{ field: 'a', how: 'is', values: ['x'] }]);
  });

  it('know a network', () => {
    expect(['10.0.0.0/8', '2001:db8::/32', '10.0.0.1/32'].map(isNetwork)).toEqual([true, true, true]);
    expect(['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '256.0.0.0/8', 'a/8', '::/129', '10.0.0.0/8/8'].map(isNetwork)).toEqual(Array(7).fill(false));
  });
});
