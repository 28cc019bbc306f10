import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NOW, show } from '../../../dev/show';
import { HuntPage } from './HuntPage';

const rows = () => screen.findAllByRole('row', { selected: false });
const press = (key: string) => fireEvent.keyDown(document.body, { key });

// A range like the last seven days is counted from the moment at which the invented centre stands.
beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

it('shows where a bad query is bad', async () => {
  show(<HuntPage />, '/hunt?q=kind:dns AND ((');
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('Chỗ sai ở cột 15: a condition is missing after "("');
  expect(alert.querySelector('.query-place')?.textContent).toBe('(');
  expect(screen.getByLabelText('Câu truy vấn').getAttribute('aria-invalid')).toBe('true');
});

it('asks what is typed and keeps it in the URL', async () => {
  const { address, calls } = show(<HuntPage />, '/hunt?from=-7d&q=kind:dns');
  await rows();
  const input = screen.getByLabelText('Câu truy vấn');
  fireEvent.change(input, { target: { value: 'kind:http' } });
  fireEvent.submit(input.closest('form') ?? input);
  await waitFor(() => expect(address()).toBe('/hunt?from=-7d&q=kind%3Ahttp'));
  await waitFor(() => expect(calls.at(-1)?.query.get('q')).toBe('kind:http'));
});

it('loads more of the same question: the range is not resolved again', async () => {
  const { calls } = show(<HuntPage />, '/hunt?from=2020-01-01T00:00:00Z&q=kind:http');
  await rows();
  fireEvent.click(screen.getByRole('button', { name: 'Tải thêm' }));
  await waitFor(() => expect(calls.filter((call) => call.path === '/events')).toHaveLength(2));
  const [first, second] = calls.filter((call) => call.path === '/events').map((call) => call.query);
  expect(second?.get('cursor')).toBe('100');
  expect(second?.get('from')).toBe(first?.get('from'));
});

it('narrows by a value of the open event, in and out', async () => {
  const { address, calls } = show(<HuntPage />, '/hunt?q=kind:http&from=2020-01-01T00:00:00Z');
  await rows();
  press('j');
  const drawer = await screen.findByRole('complementary', { name: 'Chi tiết sự kiện' });
  const name = 'Loại trừ giá trị này: url.full';
  fireEvent.click(within(drawer).getByRole('button', { name }));
  await waitFor(() => expect(address()).toContain('NOT'));
  const q = new URLSearchParams(address().split('?')[1]).get('q') ?? '';
  expect(q).toMatch(/^kind:http AND NOT url\.full:"http:\/\/cong\.example\.vn/);
  await waitFor(() => expect(calls.at(-1)?.query.get('q')).toBe(q));
  expect(screen.queryByRole('complementary')).toBeNull();
});

it('opens the event that a link names, hidden characters as escapes, nothing clickable', async () => {
  const { centre } = show(<HuntPage />, '/hunt?q=kind:nothing&event=a91f03c2d4e57b60-2-1');
  const event = centre.events[1];
  const drawer = await screen.findByRole('complementary', { name: 'Chi tiết sự kiện' });
  await within(drawer).findByText(event?.id ?? 'none');
  expect(drawer.textContent).not.toContain('\u202e');
  expect(drawer.querySelectorAll('a[href^="http"]')).toHaveLength(0);
});

it('says when a search is incomplete', async () => {
  show(<HuntPage />, '/hunt', { scenario: 'partial' });
  expect(await screen.findByText(/Chưa đủ: hết thời gian tìm/)).toBeTruthy();
});

it('leaves out the status of sensors until it is wanted, and keeps that in the URL', async () => {
  const { address, calls } = show(<HuntPage />, '/hunt');
  const asked = () => calls.filter((call) => call.path === '/events').at(-1)?.query.get('q');
  const chip = await screen.findByRole('button', { name: /^Ẩn trạng thái cảm biến/, pressed: true });
  await waitFor(() => expect(asked()).toBe('NOT kind:sensor.status'));
  fireEvent.click(chip);
  await waitFor(() => expect(address()).toBe('/hunt?status=show'));
  await waitFor(() => expect(asked()).toBeNull());
  const input = screen.getByLabelText('Câu truy vấn');
  fireEvent.change(input, { target: { value: 'kind:http' } });
  fireEvent.submit(input.closest('form') ?? input);
  await waitFor(() => expect(screen.queryByRole('button', { name: /^Ẩn trạng thái/ })).toBeNull());
});
