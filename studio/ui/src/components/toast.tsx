// Short words on what was just done. What must be read stands on the page.
import { common } from '../messages/shell';
import { createStore, useStore } from '../state/store';

type Toast = { id: number; text: string };

const LASTS = 6_000;
const shown = createStore<readonly Toast[]>([]);
let last = 0;

const dismiss = (id: number) => shown.set(shown.get().filter((toast) => toast.id !== id));

/** Says something for some seconds, also to screen readers. */
export function toast(text: string) {
  last += 1;
  const id = last;
  shown.set([...shown.get().slice(-2), { id, text }]);
  setTimeout(() => dismiss(id), LASTS);
}

/** Where toasts appear; once, in the frame. */
export function Toasts() {
  const toasts = useStore(shown);
  return (
    <div className="toasts" role="status">
      {toasts.map(({ id, text }) => (
        <div key={id}>
          <span>{text}</span>
          <button type="button" onClick={() => dismiss(id)}>
            {common.dismiss}
          </button>
        </div>
      ))}
    </div>
  );
}
