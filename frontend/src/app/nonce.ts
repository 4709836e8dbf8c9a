/**
 * The content security policy allows style elements with the response's nonce only. The server writes it into a meta
 * element of index.html; Mantine and react-remove-scroll, which make style elements, are told here.
 */
const PLACEHOLDER = "__CHECKDAM_CSP_NONCE__";

export function styleNonce(): string | undefined {
  const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
  return nonce && nonce !== PLACEHOLDER ? nonce : undefined;
}

declare global {
  var __webpack_nonce__: string | undefined;
}

/** The name is what the package get-nonce, used by react-remove-scroll, looks for. */
export function shareNonce(): void {
  globalThis.__webpack_nonce__ = styleNonce();
}
