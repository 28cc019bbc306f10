import { fireEvent, screen, waitFor } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { expect, it } from 'vitest';
import { NOW, show } from '../../../dev/show';
import { makeAlert } from '../../../dev/world';
import { AlertPage } from './AlertPage';
import { QueuePage } from './QueuePage';
import { ChangeProvider } from './useChange';

const { id, rule } = makeAlert(4, NOW);

function open(address: string) {
  return show(
    <ChangeProvider now={() => NOW}>
      <Routes>
        <Route path="/alerts" element={<QueuePage />} />
        <Route path="/alerts/:id" element={<AlertPage />} />
      </Routes>
    </ChangeProvider>,
    address,
  );
}

it('names the rule that the queue is cut to, and drops it', async () => {
  const { address, calls } = open(`/alerts?state=all&rule=${rule.id}`);
  const drop = await screen.findByRole('button', { name: 'Bỏ lọc theo luật PowerShell với lệnh mã hóa' });
  expect(calls.find((call) => call.path === '/alerts')?.query.get('rule')).toBe(rule.id);
  fireEvent.click(drop);
  await waitFor(() => expect(address()).toBe('/alerts?state=all'));
});

it('leads from an alert to the page of its rule', async () => {
  open(`/alerts/${id}`);
  const link = await screen.findByRole('link', { name: 'Mở trang của luật' });
  expect(link.getAttribute('href')).toBe(`/rules/${rule.id}`);
});
