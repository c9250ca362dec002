import { useState } from 'react';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { agents as words } from '../messages/agents';
import { useLeaveGuard } from '../state/leaving';

/** While dirty, asks before the page is left. */
export function LeaveGuard({ dirty }: { dirty: boolean }) {
  const [go, setGo] = useState<(() => void) | null>(null);
  useLeaveGuard(dirty, (leave) => setGo(() => leave));
  if (!go) return null;
  const stay = () => setGo(null);
  return (
    <Dialog
      title={words.leaveTitle}
      onClose={stay}
      actions={
        <>
          <Button look="danger" onClick={go}>
            {words.leave}
          </Button>
          <Button look="primary" autoFocus onClick={stay}>
            {words.stay}
          </Button>
        </>
      }
    >
      <p>{words.leaveText}</p>
    </Dialog>
  );
}
