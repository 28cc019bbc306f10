/// The saved views with their counts.
import type { ReactNode } from 'react';
import type { AlertCounts } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech, type Dictionary } from '../../lib/i18n/i18n';
import { VIEWS, statesOf, type View } from './filter';

export function Views(props: {
  view: View;
  counts: AlertCounts | null;
  onChange: (view: View) => void;
}): ReactNode {
  const { text, language } = useSpeech();
  const { counts } = props;
  return (
    <nav className="views" aria-label={text.alerts.views}>
      {VIEWS.map((view) => (
        <button
          key={view}
          type="button"
          className={view === 'open' ? 'view view-apart' : 'view'}
          aria-current={view === props.view ? 'page' : undefined}
          onClick={() => props.onChange(view)}
        >
          <span>{viewName(view, text)}</span>
          <span className="view-count">
            {counts !== null && number(sum(counts, view), language)}
          </span>
        </button>
      ))}
    </nav>
  );
}

function sum(counts: AlertCounts, view: View): number {
  return statesOf(view).reduce((total, state) => total + counts[state], 0);
}

function viewName(view: View, text: Dictionary): string {
  if (view === 'open') return text.alerts.viewOpen;
  if (view === 'all') return text.alerts.viewAll;
  return text.state[view];
}
