import { fireEvent, screen, waitFor } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { NOW, show } from '../../../dev/show';
import { AlertPage } from './AlertPage';
import { QueuePage } from './QueuePage';
import { ChangeProvider } from './useChange';

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

describe('what is not there', () => {
  it('says that an alert is gone or out of reach, and leads to the queue', async () => {
    open('/alerts/al-gone');
    await screen.findByText('Không có cảnh báo này');
    expect(screen.getByRole('link', { name: 'Về hàng đợi' }).getAttribute('href')).toBe('/alerts');
    expect(screen.queryByRole('button', { name: 'Thử lại' })).toBeNull();
  });

  it('says that a time in the address cannot be read, and drops it on demand', async () => {
    const { address } = open('/alerts?from=hom-qua');
    await screen.findByText(/Không đọc được thời điểm đầu “hom-qua”/);
    fireEvent.click(screen.getByRole('button', { name: 'Bỏ khỏi đường dẫn' }));
    await waitFor(() => expect(address()).toBe('/alerts'));
    expect(screen.queryByText(/Không đọc được/)).toBeNull();
  });
});
