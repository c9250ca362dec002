// The dashboard starts here: styles, the session, and then the screens.
import './styles/base.css';
import './styles/tokens.css';
import './styles/components.css';
import './styles/shell.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { listenForShortcuts } from './state/shortcuts';

listenForShortcuts();

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
