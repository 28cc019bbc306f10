/// A dialog over the page; Escape and a click outside put it away, unless what it shows would be lost.
import type { ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

export function Overlay(props: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  isWide?: boolean;
  /** Only its own button closes it. */
  isHeld?: boolean;
  role?: 'dialog' | 'alertdialog';
  children: ReactNode;
}): ReactNode {
  return (
    <ModalOverlay
      className="veil"
      isOpen={props.isOpen}
      isDismissable={props.isHeld !== true}
      isKeyboardDismissDisabled={props.isHeld === true}
      onOpenChange={(isOpen) => {
        if (!isOpen) props.onClose();
      }}
    >
      <Modal className={props.isWide ? 'dialog-frame dialog-wide' : 'dialog-frame'}>
        <Dialog className="dialog" role={props.role ?? 'dialog'}>
          <Heading slot="title" level={2}>
            {props.title}
          </Heading>
          {props.children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
