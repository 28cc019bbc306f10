/// Queue and alert page share one memory of what was just done, so that it can be undone from both.
import type { ReactNode } from 'react';
import { Outlet } from 'react-router';
import { ChangeProvider } from './useChange';
import './queue.css';
import './preview.css';
import './parts.css';
import './page.css';
import './dialogs.css';

export function AlertsLayout(): ReactNode {
  return (
    <ChangeProvider>
      <Outlet />
    </ChangeProvider>
  );
}
