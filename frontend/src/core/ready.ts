/**
 * `document.body.dataset.ready` names the page once its data are in and two frames have been drawn; it is absent while
 * a page loads. Browser tests wait for it instead of sleeping.
 */

import { useEffect } from "react";

export function useReady(page: string, ready: boolean): void {
  useEffect(() => {
    if (!ready) return;
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        document.body.dataset.ready = page;
      });
    });
    return () => {
      cancelAnimationFrame(frame);
      delete document.body.dataset.ready;
    };
  }, [page, ready]);
}
