import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { show, type ShowOptions } from '../../../dev/show';
import { SESSION, SITES } from '../../../dev/world';
import { ApiError } from '../../lib/client';
import { vi } from '../../lib/i18n/vi';
import { agreementOf, exampleSource, lineOf, lineSpan, refusalOf } from './configuration';
import type { Configured, Newest } from './report';
import { SensorPage } from './SensorPage';

function open(name: string, options: ShowOptions = {}) {
  const shown = show(
    <Routes>
      <Route path="/sensors/:name" element={<SensorPage />} />
    </Routes>,
    `/sensors/${name}`,
    options,
  );
  return { ...shown, sent: () => shown.calls.filter((call) => call.method === 'PUT').map((call) => call.body) };
}

const section = () => screen.findByRole('region', { name: 'Cấu hình' });
const READS = SESSION.permissions.filter((name) => name !== 'sensors.write');

async function edit(text: string, why: string): Promise<HTMLElement> {
  fireEvent.click(await screen.findByRole('button', { name: 'Sửa cấu hình' }));
  const form = await screen.findByRole('form', { name: 'Sửa cấu hình' });
  fireEvent.change(within(form).getByLabelText('Nội dung (TOML)'), { target: { value: text } });
  fireEvent.change(within(form).getByLabelText(/Lý do/), { target: { value: why } });
  return form;
}

describe('whether what is in force is what is wanted', () => {
  const said = (digest: string, state?: Newest['state']): Configured => ({
    version: 1,
    digest,
    newest: state ? { version: 0, digest: 'b', state, reason: '' } : null,
    unknown: [],
  });
  it.each([
    ['nothing is wanted', undefined, said('a'), 'none'],
    ['nothing was said', { digest: 'b' }, null, 'waiting'],
    ['it is in force', { digest: 'b' }, said('b'), 'in_force'],
    ['an earlier one is', { digest: 'b' }, said('a'), 'waiting'],
    ['it is tried', { digest: 'b' }, said('a', 'trial'), 'trial'],
    ['it was refused, unread', { digest: 'b' }, said('a', 'refused'), 'refused'],
    ['it was put back', { digest: 'b' }, said('a', 'rolled_back'), 'rolled_back'],
    ['one before it was put back', { digest: 'c' }, said('a', 'rolled_back'), 'waiting'],
  ] as const)('%s', (_what, wanted, own, agreement) => {
    expect(agreementOf(wanted, own)).toBe(agreement);
  });
});

describe('what a refusal names', () => {
  it('is a line, when there is one', () => {
    expect(lineOf('line 12: invalid type')).toBe(12);
    expect(lineOf('TOML parse error at line 1, column 7')).toBe(1);
    expect(lineOf('spool.mib is 0')).toBeNull();
    expect([lineSpan('ab\nc\n', 1), lineSpan('ab\nc\n', 2), lineSpan('ab\nc\n', 9)]).toEqual([[0, 2], [3, 4], [5, 5]]);
  });

  it('is said in the language of the reader, the parser in its own', () => {
    const of = (code: string, status = 422) => refusalOf(new ApiError(status, code, 'line 3: x', null), vi);
    expect(of('bad_configuration')).toEqual({ message: vi.configuration.bad, detail: 'line 3: x', line: 3 });
    expect(of('bad_reason').message).toBe('Lý do gồm 1 đến 500 ký tự.');
    expect(of('too_long')).toEqual({ message: vi.configuration.tooLong, detail: null, line: null });
    expect(of('too_large', 413).message).toBe(vi.configuration.tooLong);
  });
});

it('has an example at a place of the sensor', () => {
  expect(exampleSource(['xa-binh-minh'], SITES)).toContain('site = "xa-binh-minh"');
  expect(exampleSource(['tinh'], SITES)).toContain('site = "so-tttt"');
  expect(exampleSource(['gone'], [])).toContain('site = "gone"');
});

describe('the configuration on the page of a sensor', () => {
  it('says what is in force, what is wanted, by whom and why, and from what it runs', async () => {
    open('ttdl-1');
    const shown = within(await section());
    await shown.findByText('Đang dùng');
    await shown.findByText('Cảm biến đang chạy đúng bản mới nhất.');
    expect(shown.getAllByText(/Chuyển cổng nghe sang eth2/)[0]).toBeTruthy();
    const sources = await shown.findByRole('table', { name: 'Nguồn đang chạy' });
    expect(sources.textContent).toContain('mirrorCổng mạng');
  });

  it('says that it was put back, why, and which keys were left out; above, what to do', async () => {
    open('ttdl-2');
    const shown = within(await section());
    await shown.findByText('Đã hoàn lại');
    await shown.findByText('source mirror: cannot open eth2: no such device');
    await shown.findByText('line 9: smell');
    expect(screen.getByText(vi.sensors.hints.config_rolled_back)).toBeTruthy();
  });

  it.each([
    ['cum-tinh', 'Đang thử'],
    ['xa-binh-minh-1', 'Chưa nhận'],
    ['xa-moi-1', 'Chưa gửi'],
  ])('of %s: %s', async (name, word) => {
    open(name);
    await within(await section()).findByText(word);
  });

  it('is sent with a reason, and then waits for the sensor', async () => {
    const { sent } = open('ttdl-1');
    const form = await edit('[spool]\nmib = 512\n', '');
    const submit = within(form).getByRole<HTMLButtonElement>('button', { name: 'Gửi cấu hình' });
    expect(submit.disabled).toBe(true);
    fireEvent.change(within(form).getByLabelText(/Lý do/), { target: { value: ' ổ nhỏ ' } });
    fireEvent.click(submit);
    await screen.findByText(/^Đã gửi bản 5;/);
    expect(sent()).toEqual([{ config: '[spool]\nmib = 512\n', why: 'ổ nhỏ' }]);
    await within(await section()).findByText('Chưa nhận');
    expect(screen.queryByRole('form', { name: 'Sửa cấu hình' })).toBeNull();
  });

  it('is refused with the words of the parser, and leads to the line', async () => {
    open('ttdl-1');
    const form = await edit('[spool]\nmib = "x"\n', 'thử');
    fireEvent.click(within(form).getByRole('button', { name: 'Gửi cấu hình' }));
    const alert = await within(form).findByRole('alert');
    expect(alert.textContent).toContain('Trung tâm không nhận cấu hình này.');
    expect(alert.textContent).toContain('line 2: invalid type: string, expected u64');
    const area = within(form).getByLabelText<HTMLTextAreaElement>('Nội dung (TOML)');
    expect(area.getAttribute('aria-invalid')).toBe('true');
    fireEvent.click(within(alert).getByRole('button', { name: 'Tới dòng 2' }));
    expect(document.activeElement).toBe(area);
    expect(area.value.slice(area.selectionStart, area.selectionEnd)).toBe('mib = "x"');
    fireEvent.change(area, { target: { value: '' } });
    expect(within(form).queryByRole('alert')).toBeNull();
  });

  it('names the keys that nobody knows, and keeps the editor open for them', async () => {
    open('ttdl-1');
    const form = await edit('[spool]\nsmell = 1\n', 'thử');
    fireEvent.click(within(form).getByRole('button', { name: 'Gửi cấu hình' }));
    await within(form).findByText(/Chương trình không biết các khóa sau/);
    expect(within(form).getByText('line 2: smell')).toBeTruthy();
    expect(within(form).queryByText(/Trong lúc bạn sửa/)).toBeNull();
  });

  it('lets Tab leave the text, and inserts an example', async () => {
    open('ttdl-1');
    const form = await edit('[spool]', '');
    const area = within(form).getByLabelText<HTMLTextAreaElement>('Nội dung (TOML)');
    expect(fireEvent.keyDown(area, { key: 'Tab' })).toBe(true);
    fireEvent.click(within(form).getByRole('button', { name: /Chèn ví dụ/ }));
    await waitFor(() => expect(area.value).toContain('[spool]\n\n[[source]]\nid = "mirror"\nkind = "interface"'));
    expect(area.value).toContain('site = "so-tttt"');
  });

  it('shows what each version changed, and takes an earlier one up again', async () => {
    const { sent } = open('ttdl-1');
    const shown = within(await section());
    fireEvent.click(await shown.findByText('Các bản đã gửi và thay đổi của từng bản'));
    const diff = await shown.findByLabelText('Thay đổi của bản 4');
    expect(diff.textContent).toContain('− interface = "eth1"');
    expect(diff.textContent).toContain('+ interface = "eth2"');
    expect(shown.getAllByText(/mạng của tỉnh đã đổi/)).toHaveLength(2);
    fireEvent.click(shown.getByRole('button', { name: 'Dùng lại bản này: bản 2' }));
    const form = await screen.findByRole('form', { name: 'Sửa cấu hình' });
    expect(within(form).getByLabelText<HTMLTextAreaElement>('Nội dung (TOML)').value).toContain('interface = "eth1"');
    within(form).getByText(/Nội dung dưới đây là của bản 2/);
    fireEvent.change(within(form).getByLabelText(/Lý do/), { target: { value: 'quay lại' } });
    fireEvent.click(within(form).getByRole('button', { name: 'Gửi cấu hình' }));
    await screen.findByText(/^Đã gửi bản 5;/);
    expect(String(sent()[0]?.config)).toContain('kbit = 512');
  });

  it.each<[string, ShowOptions]>([
    ['ttdl-1', { permissions: READS }],
    ['cho-cu-1', {}],
  ])('is only read by who may only read, and of a sensor that was revoked: %s', async (name, options) => {
    open(name, options);
    await within(await section()).findByText('Bản 4', { selector: '.facts strong' });
    expect(screen.queryByRole('button', { name: /Sửa cấu hình|Dùng lại/ })).toBeNull();
  });

  it('says why what is wanted cannot be shown, and shows the rest', async () => {
    const { centre } = open('ttdl-1', { permissions: READS });
    const handle = centre.handle.bind(centre);
    centre.handle = (ask) =>
      ask.path.endsWith('/configuration')
        ? { status: 403, body: { status: 403, code: 'forbidden', message: 'the sensor delivers for sites that you do not see', request_id: 'x' } }
        : handle(ask);
    const shown = within(await section());
    await shown.findByText(/Cảm biến này còn gửi dữ liệu của điểm mà bạn không thấy/);
    await shown.findByRole('table', { name: 'Nguồn đang chạy' });
  });
});

it('shows why the line is broken or refused', async () => {
  open('bvdk-1');
  await screen.findByText(/no route to host/);
});
