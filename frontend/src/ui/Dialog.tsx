import { Modal, type ModalProps } from "@mantine/core";
import { useSilence } from "@/core/keyboard";

/** A modal window. While it is open no shortcut below it fires. */
export function Dialog(props: ModalProps) {
  useSilence(props.opened);
  return <Modal closeButtonProps={{ "aria-label": "Close" }} {...props} />;
}
