/// The banner over everything that is exercise data.
import type { ReactNode } from 'react';
import { useText } from '../lib/i18n/i18n';

export function Exercise(): ReactNode {
  const text = useText();
  return (
    <div className="exercise" role="note">
      <strong>{text.app.exercise}</strong>
      <span>{text.app.exerciseNote}</span>
    </div>
  );
}
