/// The one button; shows its key when it has one.
import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaProps } from 'react-aria-components';

export interface ButtonProps extends Omit<AriaProps, 'className' | 'children'> {
  look?: 'plain' | 'primary' | 'quiet';
  isIcon?: boolean;
  shortcut?: string;
  children: ReactNode;
}

export function Button({ look = 'plain', isIcon = false, shortcut, children, ...rest }: ButtonProps): ReactNode {
  const className = ['button', look === 'plain' ? '' : `button-${look}`, isIcon ? 'button-icon' : '']
    .filter(Boolean)
    .join(' ');
  return (
    <AriaButton className={className} {...rest}>
      {children}
      {shortcut !== undefined && <kbd aria-hidden="true">{shortcut}</kbd>}
    </AriaButton>
  );
}
