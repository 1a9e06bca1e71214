// In a trial of the designer the page asks for the form of the draft, with the eyes of who tries it: every request says so.
const tried = document.documentElement.dataset['trial'];
if (tried) {
  const plain = window.fetch.bind(window);
  window.fetch = (address, how = {}) => {
    const headers = new Headers(how.headers);
    headers.set('X-Trial', tried);
    return plain(address, { ...how, headers });
  };
}

export {};
