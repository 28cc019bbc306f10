import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { show, type ShowOptions } from '../../../dev/show';
import { SESSION } from '../../../dev/world';
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

const READS = SESSION.permissions.filter((name) => name !== 'assets.write');
const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });
const table = () => screen.findByRole('grid', { name: 'Tài sản' });
const rows = async () => within(await table()).getAllByRole('row').slice(1);
const selected = () => screen.queryAllByRole('row', { selected: true });

describe('the list', () => {
  it('shows what is confirmed, in words, with how many wait', async () => {
    open();
    const [first, ...rest] = await rows();
    expect(rest).toHaveLength(6);
    for (const word of ['10.60.0.10', 'DC01 điều khiển miền', 'Máy chủ miền', 'Trọng yếu', 'Phòng Hạ tầng', 'Đã xác nhận', 'Người nhập']) expect(first?.textContent).toContain(word);
    await waitFor(() => expect(first?.textContent).toContain('Trung tâm dữ liệu tỉnh'));
    expect(rest.find((row) => row.textContent?.includes('Máy in'))?.textContent).toContain('hết hiệu lực');
    expect(rest.find((row) => row.textContent?.includes('Máy một cửa'))?.textContent).toContain('Thấy qua DHCP');
    screen.getByRole('radio', { name: 'Chờ xác nhận 4' });
  });

  it('takes a link, asks the centre as it says, and writes it', async () => {
    const { calls, address } = open('/assets?state=proposed&site=xa-binh-minh&kind=host&text=XABM');
    expect(await rows()).toHaveLength(2);
    const asked = calls.find((call) => call.path === '/assets')?.query;
    expect(Object.fromEntries(asked ?? [])).toEqual({ state: 'proposed', site: 'xa-binh-minh', kind: 'host', text: 'XABM', limit: '200' });
    fireEvent.click(screen.getByRole('radio', { name: /^Tất cả/ }));
    await waitFor(() => expect(address()).toBe('/assets?state=all&site=xa-binh-minh&kind=host&text=XABM'));
    fireEvent.change(screen.getByLabelText('Tìm tài sản'), { target: { value: 'không có' } });
    await screen.findByText('Bộ lọc không khớp tài sản nào');
    fireEvent.click(screen.getAllByRole('button', { name: 'Xóa bộ lọc' })[0] as HTMLElement);
    await waitFor(() => expect(address()).toBe('/assets?state=all'));
    expect(await rows()).toHaveLength(12);
  });

  it('gives what it shows as a CSV', async () => {
    open('/assets?state=all&site=so-tttt');
    await table();
    expect(screen.getByRole('link', { name: 'Xuất CSV' }).getAttribute('href')).toBe('/api/v1/assets/export?site=so-tttt');
  });

  it('says that there are more, how many, and how to narrow', async () => {
    open('/assets', { scenario: 'too_many' });
    await screen.findByText('Hiện 200 trong 647 tài sản.');
    fireEvent.click(screen.getByRole('button', { name: 'Tải thêm' }));
    await screen.findByText('Hiện 400 trong 647 tài sản.');
  });

  it.each([
    ['empty', 'Chưa có tài sản nào'],
    ['error', 'Không tải được dữ liệu'],
    ['unconfirmed', 'Mục này chưa có tài sản nào'],
  ])('when %s: %s', async (scenario, words) => {
    open('/assets', { scenario });
    await screen.findByText(words);
  });

  it('leads from nothing confirmed to what waits', async () => {
    const { address } = open('/assets', { scenario: 'unconfirmed' });
    fireEvent.click(await screen.findByRole('button', { name: 'Xem 4 tài sản chờ xác nhận' }));
    await waitFor(() => expect(address()).toBe('/assets?state=proposed'));
    expect(await rows()).toHaveLength(4);
  });

  it('says to who may not write whom to ask, and offers nothing', async () => {
    open('/assets', { scenario: 'empty', permissions: READS });
    await screen.findByText(/^Hãy đề nghị phân tích viên/);
    expect(screen.queryByRole('button', { name: /Nhập CSV|Thêm tài sản/ })).toBeNull();
  });

  it('says since when it is old when it cannot be loaded again', async () => {
    open('/assets', { scenario: 'stale' });
    await table();
    press('j');
    press('d');
    await screen.findByText(/; chưa làm mới được\.$/);
    expect(await rows()).toHaveLength(7);
  });

  it('stays as it was when a change fails, and says why', async () => {
    const { scenario } = open();
    await table();
    scenario('down');
    press('j');
    press('d');
    await screen.findByText(/^Chưa thay đổi được/);
    expect(await rows()).toHaveLength(7);
  });
});

describe('by the keys', () => {
  it('one is confirmed, and the next takes its place', async () => {
    const { sent, address } = open('/assets?state=proposed');
    await table();
    press('j');
    expect(selected()[0]?.textContent).toContain('10.60.31.57');
    press('c');
    await screen.findByText('Đã xác nhận 1 tài sản.');
    expect(sent('PATCH')).toEqual([{ path: '/assets/as-10.60.31.57', body: { state: 'confirmed' } }]);
    await waitFor(() => expect(selected()[0]?.textContent).toContain('10.60.31.61'));
    await waitFor(() => expect(address()).toBe('/assets?state=proposed&sel=as-10.60.31.61'));
  });

  it('many are marked and dismissed at once', async () => {
    const { sent } = open('/assets?state=proposed');
    await table();
    press('j');
    press('x');
    press('j');
    press('j');
    press('x');
    await screen.findByText('Đã đánh dấu 2');
    press('d');
    await screen.findByText('Đã bỏ qua 2 tài sản.');
    expect(sent('POST')).toEqual([{ path: '/assets/state', body: { ids: ['as-10.60.31.57', 'as-10.60.40.9'], state: 'dismissed' } }]);
    await waitFor(() => expect(screen.queryByText(/^Đã đánh dấu/)).toBeNull());
    expect(await rows()).toHaveLength(2);
  });

  it('all that are shown are marked with the box above, and unmarked with Escape', async () => {
    open();
    fireEvent.click(await screen.findByRole('checkbox', { name: 'Đánh dấu mọi tài sản đang hiện' }));
    // A network of a file cannot be marked.
    await screen.findByText('Đã đánh dấu 6');
    press('Escape');
    await waitFor(() => expect(screen.queryByText('Đã đánh dấu 6')).toBeNull());
  });

  it('says how many did not change', async () => {
    const { centre } = open('/assets?state=proposed');
    fireEvent.click(await screen.findByRole('checkbox', { name: 'Đánh dấu mọi tài sản đang hiện' }));
    await screen.findByText('Đã đánh dấu 4');
    centre.assets.all.splice(7, 1);
    press('c');
    await screen.findByText('Đã xác nhận 3 tài sản. 1 tài sản không đổi: đã được người khác xử lý, hoặc ngoài quyền của bạn.');
  });

  it('a network of a file is looked at, never changed', async () => {
    const { sent } = open('/assets?kind=network');
    await table();
    press('j');
    press('x');
    press('d');
    expect(screen.queryByText(/^Đã đánh dấu/)).toBeNull();
    press('Enter');
    const dialog = await screen.findByRole('dialog');
    expect(dialog.textContent).toContain('Dải mạng này nằm trong tệp của rules/sites');
    expect(within(dialog).queryByRole('textbox')).toBeNull();
    expect(sent('PATCH')).toEqual([]);
  });

  it('nothing is changed by who may only read', async () => {
    const { sent } = open('/assets?state=proposed', { permissions: READS });
    await table();
    for (const key of ['j', 'x', 'c', 'd', 'n', 'i']) press(key);
    expect(screen.queryByRole('checkbox')).toBeNull();
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(sent('PATCH')).toEqual([]);
    press('Enter');
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).queryByRole('textbox')).toBeNull();
    expect(dialog.textContent).toContain('3c:52:82:0a:11:f0');
  });
});
