import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { show, type ShowOptions } from '../../../dev/show';
import { SESSION } from '../../../dev/world';
import { SensorPage } from './SensorPage';
import { SensorsPage } from './SensorsPage';

function open(address: string, options: ShowOptions = {}) {
  return show(
    <Routes>
      <Route path="/sensors" element={<SensorsPage />} />
      <Route path="/sensors/:name" element={<SensorPage />} />
    </Routes>,
    address,
    options,
  );
}

const READS = SESSION.permissions.filter((name) => name !== 'sensors.write');

async function names(): Promise<string[]> {
  const table = await screen.findByRole('table', { name: 'Cảm biến' });
  return within(table)
    .getAllByRole('link')
    .map((link) => link.textContent ?? '');
}

describe('the fleet', () => {
  it('shows the worst first, in words, with what waits in each lane', async () => {
    open('/sensors');
    expect((await names()).slice(0, 2)).toEqual(['phuong-hai-dong-1', 'xa-an-hoa-1']);
    const row = screen.getByRole('row', { name: /bvdk-1/ }).textContent;
    expect(row).toContain('Mất tín hiệu');
    expect(row).toContain('Đường truyền bị đứt');
    expect(row).toContain('1.204.511');
    expect(screen.getByText(/có vấn đề$/, { selector: 'strong' })).toBeTruthy();
  });

  it('takes a link with a filter, and writes it', async () => {
    const { address } = open('/sensors?show=problems&text=hai+dong');
    expect(await names()).toEqual(['phuong-hai-dong-1']);
    fireEvent.click(screen.getByRole('button', { name: 'Chỉ cảm biến có vấn đề' }));
    await waitFor(() => expect(address()).toBe('/sensors?text=hai+dong'));
    fireEvent.change(screen.getByLabelText('Tìm cảm biến'), { target: { value: 'không có' } });
    await screen.findByText('Không có cảm biến nào khớp');
    fireEvent.click(screen.getByRole('button', { name: 'Xóa bộ lọc' }));
    await waitFor(() => expect(address()).toBe('/sensors'));
  });

  it('shows so many as one reads, and says that there are more', async () => {
    open('/sensors', { scenario: 'too_many' });
    expect(await names()).toHaveLength(200);
    await screen.findByText('Hiện 200 trong 441 cảm biến, nặng nhất trước.');
    fireEvent.click(screen.getByRole('button', { name: 'Tải thêm' }));
    expect(await names()).toHaveLength(400);
  });

  it('shows the rollout with its reason, and takes it up again', async () => {
    open('/sensors');
    const section = await screen.findByRole('region', { name: 'Cập nhật chương trình cảm biến' });
    expect(section.textContent).toContain('Đã dừng phát hành phiên bản 0.5.0');
    expect(section.textContent).toContain('doctor says: no packets');
    expect(within(section).getByText(/xa-an-hoa-1/, { selector: 'a' })).toBeTruthy();
    fireEvent.click(within(section).getByRole('button', { name: 'Phát hành tiếp' }));
    await within(section).findByText('Đang phát hành phiên bản 0.5.0');
  });

  it('shows no rollout to be published to who may not', async () => {
    open('/sensors', { permissions: READS });
    const section = await screen.findByRole('region', { name: 'Cập nhật chương trình cảm biến' });
    expect(within(section).queryByRole('button')).toBeNull();
  });

  it('says the first step when there are none', async () => {
    open('/sensors', { scenario: 'empty' });
    await screen.findByText('Chưa có cảm biến nào');
    expect(screen.getByRole('button', { name: /Mời cảm biến/ })).toBeTruthy();
  });

  it('says to who may not invite whom to ask', async () => {
    open('/sensors', { scenario: 'empty', permissions: READS });
    await screen.findByText('Hãy đề nghị người quản trị mời cảm biến đầu tiên.');
    expect(screen.queryByRole('button', { name: /Mời cảm biến/ })).toBeNull();
  });

  it('names the key that is missing when the centre takes none', async () => {
    open('/sensors', { scenario: 'closed_fleet' });
    expect((await screen.findByText(/edges\.listen/)).textContent).toContain('khởi động lại');
    expect(screen.queryByRole('button', { name: /Mời cảm biến/ })).toBeNull();
  });

  it('shows a failure with its number', async () => {
    open('/sensors', { scenario: 'error' });
    expect((await screen.findByRole('alert')).textContent).toContain('01K9X3T7Q4M2');
  });
});

describe('an invitation', () => {
  async function fill(name: string) {
    fireEvent.click(await screen.findByRole('button', { name: /Mời cảm biến/ }));
    const dialog = await screen.findByRole('dialog');
    const submit = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Tạo lệnh ghi danh' });
    fireEvent.change(within(dialog).getByLabelText(/Tên cảm biến/), { target: { value: name } });
    return { dialog, submit };
  }

  it('needs a name, a site and hours; the command is shown once and not lost by Escape', async () => {
    const { calls } = open('/sensors');
    const { dialog, submit } = await fill('Xã Mới');
    const site = await within(dialog).findByLabelText('UBND xã Bình Minh');
    fireEvent.click(site);
    expect(submit.disabled).toBe(true);
    fireEvent.change(within(dialog).getByLabelText(/Tên cảm biến/), { target: { value: 'xa-moi-2' } });
    expect(submit.disabled).toBe(false);
    fireEvent.change(within(dialog).getByLabelText(/Lệnh có hiệu lực/), { target: { value: '200' } });
    expect(submit.disabled).toBe(true);
    fireEvent.change(within(dialog).getByLabelText(/Lệnh có hiệu lực/), { target: { value: '48' } });
    fireEvent.click(submit);
    const command = await screen.findByLabelText('Lệnh ghi danh');
    expect(command.textContent).toMatch(/^haidang enrol --centre .* --token /);
    expect(screen.getByText(/chỉ hiện một lần/)).toBeTruthy();
    const sent = calls.find((call) => call.method === 'POST');
    expect(sent?.body).toEqual({ name: 'xa-moi-2', sites: ['xa-binh-minh'], hours: 48 });
    fireEvent.keyDown(command, { key: 'Escape' });
    expect(screen.getByLabelText('Lệnh ghi danh')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Đã chép xong' }));
    await waitFor(() => expect(screen.queryByLabelText('Lệnh ghi danh')).toBeNull());
    await fill('xa-moi-3');
    expect(screen.queryByLabelText('Lệnh ghi danh')).toBeNull();
  });

  it('says that a name is taken, and what the centre refuses in words', async () => {
    open('/sensors');
    const { dialog, submit } = await fill('ttdl-1');
    await within(dialog).findByText(/Đã có cảm biến mang tên này/);
    fireEvent.change(within(dialog).getByLabelText(/Tên cảm biến/), { target: { value: 'centre' } });
    fireEvent.click(await within(dialog).findByLabelText('Tỉnh Hải Bình'));
    expect(within(dialog).getByLabelText<HTMLInputElement>('UBND xã Bình Minh').disabled).toBe(true);
    fireEvent.click(submit);
    expect((await within(dialog).findByRole('alert')).textContent).toContain('khác tên của trung tâm');
  });

  it('of who sees some sites names only those', async () => {
    open('/sensors', { sites: ['xa-binh-minh'] });
    const { dialog } = await fill('xa-moi-2');
    await within(dialog).findByLabelText('UBND xã Bình Minh');
    expect(within(dialog).queryByLabelText('Tỉnh Hải Bình')).toBeNull();
    expect(within(dialog).getAllByRole('checkbox')).toHaveLength(1);
  });
});

describe('one sensor', () => {
  it('says what is wrong and what to do, and leads to its events and sources', async () => {
    open('/sensors/phuong-hai-dong-1');
    await screen.findByText(/bộ đệm không nhận thêm sự kiện/);
    expect(screen.getByRole('link', { name: 'Sự kiện của cảm biến' }).getAttribute('href')).toBe('/hunt?q=sensor%3Aphuong-hai-dong-1');
    expect(screen.getByRole('link', { name: 'Nguồn của cảm biến' }).getAttribute('href')).toBe('/sources?sensor=phuong-hai-dong-1');
    const lanes = screen.getByRole('table', { name: 'Bộ đệm và đường truyền' });
    expect(lanes.textContent).toContain('3.911.020');
    expect(lanes.textContent).toContain('48.112');
  });

  it('has an instance confirmed by who read what it means', async () => {
    const { calls } = open('/sensors/so-khdt-1');
    fireEvent.click(await screen.findByRole('button', { name: /^Xác nhận bản cài đặt/ }));
    const dialog = await screen.findByRole('alertdialog');
    expect(dialog.textContent).toContain('cài lại');
    expect(dialog.textContent).toContain('trên máy khác');
    fireEvent.click(within(dialog).getByRole('button', { name: 'Máy đã được cài lại' }));
    await screen.findByText('Đã xác nhận bản cài đặt.');
    expect(calls.find((call) => call.method === 'POST')?.path).toBe('/sensors/so-khdt-1/instances/9c029c029c029c02/confirm');
    await waitFor(() => expect(screen.queryByText('Chưa xác nhận')).toBeNull());
  });

  it('is changed: other sites, never none', async () => {
    const { calls } = open('/sensors/ttdl-1');
    fireEvent.click(await screen.findByRole('button', { name: 'Sửa' }));
    const dialog = await screen.findByRole('dialog');
    const save = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Lưu' });
    fireEvent.click(await within(dialog).findByLabelText('Trung tâm dữ liệu tỉnh'));
    expect(save.disabled).toBe(true);
    fireEvent.click(within(dialog).getByLabelText('Bệnh viện đa khoa tỉnh'));
    fireEvent.click(save);
    await screen.findByText('Đã sửa cảm biến.');
    expect(calls.find((call) => call.method === 'PATCH')?.body).toEqual({ sites: ['bv-da-khoa'], silent_seconds: 300 });
  });

  it('is revoked with a reason, and then cannot be revoked again', async () => {
    const { calls } = open('/sensors/ttdl-1');
    fireEvent.click(await screen.findByRole('button', { name: 'Thu hồi' }));
    const dialog = await screen.findByRole('alertdialog');
    const submit = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Thu hồi' });
    expect(submit.disabled).toBe(true);
    fireEvent.change(within(dialog).getByRole('textbox'), { target: { value: ' máy bị mất ' } });
    fireEvent.click(submit);
    await screen.findByText('Đã thu hồi');
    expect(calls.find((call) => call.path.endsWith('/revoke'))?.body).toEqual({ why: 'máy bị mất' });
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Thu hồi' })).toBeNull());
  });

  it('is invited again under its name, with its sites', async () => {
    const { calls } = open('/sensors/bvdk-1');
    fireEvent.click(await screen.findByRole('button', { name: 'Mời ghi danh lại' }));
    const dialog = await screen.findByRole('dialog');
    fireEvent.click(within(dialog).getByRole('button', { name: 'Tạo lệnh ghi danh' }));
    await screen.findByLabelText('Lệnh ghi danh');
    expect(calls.find((call) => call.method === 'POST')?.body).toEqual({ name: 'bvdk-1', sites: ['bv-da-khoa'], hours: 24 });
  });

  it('is only looked at by those who may only look', async () => {
    open('/sensors/so-khdt-1', { permissions: READS });
    await screen.findByText('Chỉ người quản trị mời, sửa và thu hồi được cảm biến.');
    for (const name of [/Sửa/, /Thu hồi/, /Mời/, /^Xác nhận/]) expect(screen.queryByRole('button', { name })).toBeNull();
  });

  it('may not be there', async () => {
    open('/sensors/khong-co');
    await screen.findByText('Không có cảm biến này');
  });
});
