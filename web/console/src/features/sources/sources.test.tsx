import { fireEvent, screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { NOW, show } from '../../../dev/show';
import { makeSources } from '../../../dev/world';
import { SourcesPage } from './SourcesPage';
import { SourceTable } from './SourceTable';

async function names(): Promise<string[]> {
  const table = await screen.findByRole('table');
  return within(table)
    .getAllByRole('link')
    .map((link) => link.textContent ?? '');
}

it('shows the worst first, in words', async () => {
  show(<SourcesPage />, '/sources');
  expect((await names()).slice(0, 3)).toEqual(['tuong-lua', 'his-benh-vien', 'syslog-ttdl']);
  const [, first] = screen.getAllByRole('row');
  expect(first?.textContent).toContain('Cũ');
  expect(first?.textContent).toContain('nothing received');
});

it('sorts by any column and says so', async () => {
  show(<SourcesPage />, '/sources');
  await names();
  fireEvent.click(screen.getByRole('button', { name: 'Sự kiện' }));
  expect((await names())[0]).toBe('mang-bien-ttdl');
  expect(screen.getByRole('columnheader', { name: 'Sự kiện' }).getAttribute('aria-sort')).toBe('descending');
});

it('says what to do when there are none', async () => {
  show(<SourcesPage />, '/sources', { scenario: 'empty' });
  expect(await screen.findByText('Chưa có nguồn dữ liệu nào')).toBeTruthy();
});

it('shows those of one sensor, and all again', async () => {
  const { address } = show(<SourcesPage />, '/sources?sensor=ttdl-01');
  expect(await names()).toEqual(['syslog-ttdl', 'mang-bien-ttdl']);
  fireEvent.click(screen.getByRole('button', { name: 'Bỏ lọc theo cảm biến ttdl-01' }));
  expect(await names()).toHaveLength(6);
  expect(address()).toBe('/sources');
});

it('says that a sensor has no sources yet', async () => {
  show(<SourcesPage />, '/sources?sensor=moi');
  expect(await screen.findByText('Chưa có sự kiện nào từ nguồn của cảm biến này')).toBeTruthy();
});

it('keeps sources of two sensors apart that are called alike', async () => {
  const [first] = makeSources(NOW);
  if (!first) throw new Error('no source');
  const twins = ['xa-1', 'xa-2'].map((sensor) => ({ ...first, id: 'mirror', kind: 'sensor', sensor }));
  show(<SourceTable sources={twins} />, '/sources');
  const links = (await screen.findAllByRole('link', { name: 'mirror' })).map((link) => link.getAttribute('href'));
  expect(links).toEqual(['/hunt?q=source%3Amirror%20AND%20sensor%3Axa-1', '/hunt?q=source%3Amirror%20AND%20sensor%3Axa-2']);
});
