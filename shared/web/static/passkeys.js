// A form with data-passkey asks our server for a challenge and the browser for its answer, and is sent with that.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const described = (known) => (known || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const asked = {
    create: (options) =>
      navigator.credentials.create({
        publicKey: {
          ...options,
          challenge: bytes(options.challenge),
          user: { ...options.user, id: bytes(options.user.id) },
          excludeCredentials: described(options.excludeCredentials),
        },
      }),
    get: (options) =>
      navigator.credentials.get({
        publicKey: {
          ...options,
          challenge: bytes(options.challenge),
          allowCredentials: described(options.allowCredentials),
        },
      }),
  };

  const answer = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    const { id, type } = credential;
    return JSON.stringify({ id, rawId: text(credential.rawId), type, response, clientExtensionResults: {} });
  };

  const send = async (form) => {
    const begun = await fetch(`${form.getAttribute("action")}/begin`, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { accept: "application/json" },
    });
    const told = await begun.json();
    if (!begun.ok) throw new Error(told.trouble || form.dataset.trouble);
    const credential = await asked[form.dataset.passkey](told).catch(() => null);
    if (!credential) throw new Error(form.dataset.trouble);
    form.elements.credential.value = answer(credential);
    if (form.elements.password) form.elements.password.value = "";
    form.submit();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential || form.dataset.origin !== window.location.origin) {
      for (const missing of document.querySelectorAll("[data-passkey-missing]")) missing.hidden = false;
      continue;
    }
    form.hidden = false;
    const trouble = form.querySelector("[data-passkey-trouble]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      trouble.hidden = true;
      send(form).catch((error) => {
        trouble.textContent = error instanceof TypeError || error instanceof SyntaxError ? form.dataset.trouble : error.message;
        trouble.hidden = false;
        button.disabled = false;
      });
    });
  }
})();
