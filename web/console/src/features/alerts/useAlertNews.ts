/// Asks again for the open alert when the live line says that it has changed.
import { useQueryClient } from '@tanstack/react-query';
import { useLive } from '../../lib/useLive';
import { ONE } from './cache';
import { isLiveAlert } from './useAlerts';

export function useAlertNews(id: string): void {
  const queryClient = useQueryClient();
  useLive('alert', (data, isReset) => {
    if (isReset || (isLiveAlert(data) && data.id === id)) {
      void queryClient.invalidateQueries({ queryKey: [...ONE, id] });
    }
  });
}
