// Before anything is drawn: the theme that was chosen over the system's.
(() => {
  try {
    const theme = localStorage.getItem('outdial.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // No storage, no choice.
  }
})();
