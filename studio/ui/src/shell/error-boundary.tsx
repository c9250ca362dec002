import { Component, type ReactNode } from 'react';
import { Button } from '../components/button';
import { EmptyState } from '../components/empty-state';
import { shell } from '../messages/shell';

/** A file of the dashboard that the server has no more, because it was updated. */
const outdated = (error: Error) => /dynamically imported module|module script|preload/i.test(error.message);

type Props = { path: string; children: ReactNode };
type State = { error: Error | null };

/** Shows what to do when a screen breaks; the frame around it stays. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  /** Another page may be whole. */
  override componentDidUpdate(before: Props) {
    if (this.state.error && before.path !== this.props.path) this.setState({ error: null });
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    const old = outdated(error);
    return (
      <div role="alert">
        <EmptyState
          icon="warning"
          title={<span>{old ? shell.outdated : shell.broken}</span>}
          actions={
            <Button look="primary" icon="retry" onClick={() => location.reload()}>
              {shell.reload}
            </Button>
          }
        >
          {old ? shell.outdatedText : shell.brokenText}
          {!old && <span className="mono small"> {error.message}</span>}
        </EmptyState>
      </div>
    );
  }
}
