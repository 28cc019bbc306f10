import { screen } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { describe, expect, it } from 'vitest';
import { show, type ShowOptions } from '../../../dev/show';
import { EntityPage } from './EntityPage';

function open(address: string, options: ShowOptions = {}) {
  const routes = (
    <Routes>
      <Route path="/entities/:type/:value" element={<EntityPage />} />
    </Routes>
  );
  return show(routes, address, options);
}

describe('an entity', () => {
  it('explains its risk by sums that add up, and says whose it is', async () => {
    open('/entities/ip/10.60.1.21');
    await screen.findByText(/^Rủi ro: \d+$/);
    expect(screen.getByText('Phòng Hạ tầng, Sở KH&CN')).toBeTruthy();
    expect(screen.getByText('× 1,25 vì mức quan trọng của tài sản')).toBeTruthy();
    const sums = screen.getAllByText(/^\d+ × [\d,]+ × [\d,]+/);
    expect(sums.length).toBeGreaterThan(0);
  });

  it('says when nothing is known, and asks for the side of the address', async () => {
    const { calls } = open('/entities/domain/khong-co.example?exercise=false');
    await screen.findByText('Không có cảnh báo nào trong bảy ngày qua làm tăng rủi ro.');
    expect(screen.getByText('Chưa có tài sản nào được xác nhận mang tên này.')).toBeTruthy();
    expect(calls.find((call) => call.path.startsWith('/entities'))?.query.get('exercise')).toBe('false');
  });

  it('explains an error and offers another try', async () => {
    open('/entities/ip/10.60.1.21', { scenario: 'error' });
    await screen.findByText('Mã yêu cầu: 01K9X3T7Q4M2');
  });
});
