/// The saved views with their counts: what is new, what is one's own, what waits too long, then the states.
import type { ReactNode } from 'react';
import type { AlertCounts } from '../../lib/api';
import { number } from '../../lib/format';
import { useSpeech, type Dictionary } from '../../lib/i18n/i18n';
import { VIEWS, countOf, type View } from './filter';

/** Counting stops here. */
const MOST = 10_000;

export function Views(props: {
  view: View;
  counts: AlertCounts | null;
  onChange: (view: View) => void;
}): ReactNode {
  const { text, language } = useSpeech();
  const { counts } = props;
  const shown = (view: View) => {
    if (counts === null) return '';
    const count = countOf(counts, view);
    return count > MOST ? `> ${number(MOST, language)}` : number(count, language);
  };
  return (
    <nav className="views" aria-label={text.alerts.views}>
      {VIEWS.map((view) => (
        <button
          key={view}
          type="button"
          className={['view', APART.includes(view) ? 'view-apart' : '', isUrgent(view, counts) ? 'view-late' : ''].filter(Boolean).join(' ')}
          aria-current={view === props.view ? 'page' : undefined}
          onClick={() => props.onChange(view)}
        >
          <span>{viewName(view, text)}</span>
          <span className="view-count">{shown(view)}</span>
        </button>
      ))}
    </nav>
  );
}

const APART: readonly View[] = ['acknowledged', 'open'];

function isUrgent(view: View, counts: AlertCounts | null): boolean {
  return view === 'overdue' && counts !== null && counts.overdue > 0;
}

function viewName(view: View, text: Dictionary): string {
  if (view === 'open') return text.alerts.viewOpen;
  if (view === 'all') return text.alerts.viewAll;
  if (view === 'mine' || view === 'overdue' || view === 'unassigned') return text.triage[view];
  return text.state[view];
}
