// A page that asks for a passkey: the browser is asked at once, and its answer is sent with the page's form, in the field `passkey`.
// It makes no HTML and loads nothing. Without it, the form's button sends the form without an answer, and the page comes again.
'use strict';

(() => {
  const form = document.querySelector('form[data-passkey]');
  if (!form || !form.dataset.passkey || !navigator.credentials || !window.PublicKeyCredential) return;

  const bytes = text => {
    const base64 = text.replace(/-/g, '+').replace(/_/g, '/');
    return Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
  };
  const text = buffer => {
    let letters = '';
    for (const byte of new Uint8Array(buffer)) letters += String.fromCharCode(byte);
    return btoa(letters).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  };
  const known = list => (list || []).map(one => ({ ...one, id: bytes(one.id) }));

  const isNew = 'passkeyNew' in form.dataset;
  const said = form.querySelector('[role=status]');

  const asked = () => {
    const options = JSON.parse(form.dataset.passkey);
    options.challenge = bytes(options.challenge);
    if (!isNew) {
      options.allowCredentials = known(options.allowCredentials);
      return navigator.credentials.get({ publicKey: options });
    }
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = known(options.excludeCredentials);
    return navigator.credentials.create({ publicKey: options });
  };

  const answer = credential => {
    const { response } = credential;
    const parts = isNew
      ? { attestationObject: text(response.attestationObject) }
      : {
          authenticatorData: text(response.authenticatorData),
          signature: text(response.signature),
          userHandle: response.userHandle ? text(response.userHandle) : null,
        };
    const { credProps } = credential.getClientExtensionResults();
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: { clientDataJSON: text(response.clientDataJSON), ...parts },
      clientExtensionResults: isNew && credProps ? { credProps } : {},
    });
  };

  let isAsking = false;
  const ask = async () => {
    if (isAsking) return;
    isAsking = true;
    said.hidden = true;
    try {
      form.elements.passkey.value = answer(await asked());
      form.submit();
    } catch {
      // Whoever closed the browser's question, or whose device has none.
      said.hidden = false;
    } finally {
      isAsking = false;
    }
  };

  form.addEventListener('submit', event => {
    event.preventDefault();
    ask();
  });
  ask();
})();
