/**
 * What the pages and the foot of emails say that customers see, in the languages we speak: each phrase is named by its English words, in which
 * `{name}` stands for what is put in. What a business wrote itself (names, topics, subjects) stays as it wrote it. Pure.
 */
import type { Instant } from "../values.ts";

export const LANGUAGES = ["en", "de", "fr", "es"] as const;
export type Language = (typeof LANGUAGES)[number];

/** By phrase: German, French, Spanish. */
const PHRASES = {
  "This is a test": ["Dies ist ein Test", "Ceci est un test", "Esto es una prueba"],
  "The message was a test or a preview. In a real one, this link is the customer's own.": ["Die Nachricht war ein Test oder eine Vorschau. In einer echten gehört dieser Link dem Kunden selbst.", "Le message était un test ou un aperçu. Dans un vrai message, ce lien est propre au client.", "El mensaje era una prueba o una vista previa. En uno real, este enlace es propio del cliente."],
  "This link does not work": ["Dieser Link funktioniert nicht", "Ce lien ne fonctionne pas", "Este enlace no funciona"],
  "It may have been cut or changed on its way to you. Open the message again and use the link in it.": ["Er wurde vielleicht unterwegs abgeschnitten oder verändert. Öffnen Sie die Nachricht noch einmal und benutzen Sie den Link darin.", "Il a peut-être été coupé ou modifié en chemin. Ouvrez à nouveau le message et utilisez le lien qu'il contient.", "Puede que se haya cortado o cambiado por el camino. Abra de nuevo el mensaje y use el enlace que contiene."],
  "Your preferences": ["Ihre Einstellungen", "Vos préférences", "Sus preferencias"],
  "No more messages": ["Keine Nachrichten mehr", "Plus aucun message", "Ningún mensaje más"],
  "This ends all of them at once, on every channel. What you asked us for (an order, an appointment) still reaches you.": ["Damit enden alle auf einmal, auf jedem Weg. Worum Sie uns gebeten haben (eine Bestellung, ein Termin), erreicht Sie weiterhin.", "Cela les arrête tous à la fois, sur tous les canaux. Ce que vous nous avez demandé (une commande, un rendez-vous) vous parvient toujours.", "Esto termina con todos a la vez, en todos los canales. Lo que nos pidió (un pedido, una cita) le seguirá llegando."],
  "You get none of our messages.": ["Sie bekommen keine unserer Nachrichten.", "Vous ne recevez aucun de nos messages.", "No recibe ninguno de nuestros mensajes."],
  "Unsubscribe from everything": ["Von allem abmelden", "Se désabonner de tout", "Darse de baja de todo"],
  "Save my choices": ["Meine Auswahl speichern", "Enregistrer mes choix", "Guardar mis preferencias"],
  "Nothing was saved yet": ["Noch wurde nichts gespeichert", "Rien n'a encore été enregistré", "Todavía no se ha guardado nada"],
  "Choose what you want to hear from us, and how. It holds from the next message on.": ["Wählen Sie, was Sie von uns hören möchten und wie. Es gilt ab der nächsten Nachricht.", "Choisissez ce que vous voulez recevoir de nous, et comment. Cela vaut dès le prochain message.", "Elija qué quiere recibir de nosotros y cómo. Vale a partir del próximo mensaje."],
  "Everything stays as it was.": ["Alles bleibt, wie es war.", "Tout reste comme avant.", "Todo queda como estaba."],
  Saved: ["Gespeichert", "Enregistré", "Guardado"],
  Channels: ["Wege", "Canaux", "Canales"],
  "We have no address of yours that we could write to.": ["Wir haben keine Adresse von Ihnen, an die wir schreiben könnten.", "Nous n'avons aucune adresse à laquelle vous écrire.", "No tenemos ninguna dirección suya a la que escribir."],
  Topics: ["Themen", "Sujets", "Temas"],
  "Quiet hours": ["Ruhezeiten", "Heures de silence", "Horas de silencio"],
  "Times are those of your clock ({zone}).": ["Die Zeiten sind die Ihrer Uhr ({zone}).", "Les heures sont celles de votre horloge ({zone}).", "Las horas son las de su reloj ({zone})."],
  "Our usual quiet hours": ["Unsere üblichen Ruhezeiten", "Nos heures de silence habituelles", "Nuestras horas de silencio habituales"],
  "My own:": ["Meine eigenen:", "Les miennes\u00a0:", "Las mías:"],
  "No messages from": ["Keine Nachrichten von", "Aucun message de", "Sin mensajes desde las"],
  until: ["bis", "à", "hasta las"],
  "Take a break": ["Eine Pause machen", "Faire une pause", "Hacer una pausa"],
  "No break": ["Keine Pause", "Pas de pause", "Sin pausa"],
  "Keep my break until {day}": ["Meine Pause bis {day} behalten", "Garder ma pause jusqu'au {day}", "Mantener mi pausa hasta el {day}"],
  "For a week": ["Für eine Woche", "Pour une semaine", "Durante una semana"],
  "For a month": ["Für einen Monat", "Pour un mois", "Durante un mes"],
  "Until this date:": ["Bis zu diesem Tag:", "Jusqu'à cette date\u00a0:", "Hasta esta fecha:"],
  "First day with messages again": ["Erster Tag wieder mit Nachrichten", "Premier jour où les messages reprennent", "Primer día con mensajes de nuevo"],
  Everything: ["Alles", "Tout", "Todo"],
  Email: ["E-Mail", "E-mail", "Correo electrónico"],
  "Text messages": ["SMS", "SMS", "SMS"],
  Notifications: ["Benachrichtigungen", "Notifications", "Notificaciones"],
  WhatsApp: ["WhatsApp", "WhatsApp", "WhatsApp"],
  Calls: ["Anrufe", "Appels", "Llamadas"],
  Letters: ["Briefe", "Courrier", "Cartas"],
  Advertising: ["Werbung", "Publicité", "Publicidad"],
  "Messages on our site": ["Nachrichten auf unserer Website", "Messages sur notre site", "Mensajes en nuestro sitio"],
  "{what}: on": ["{what}: an", "{what}\u00a0: oui", "{what}: sí"],
  "{what}: off": ["{what}: aus", "{what}\u00a0: non", "{what}: no"],
  "Quiet hours: our usual ones": ["Ruhezeiten: unsere üblichen", "Heures de silence\u00a0: les habituelles", "Horas de silencio: las habituales"],
  "Quiet hours: from {from} until {to}": ["Ruhezeiten: von {from} bis {to}", "Heures de silence\u00a0: de {from} à {to}", "Horas de silencio: de {from} a {to}"],
  "Your break has ended": ["Ihre Pause ist zu Ende", "Votre pause est terminée", "Su pausa ha terminado"],
  "No messages before {day}": ["Keine Nachrichten vor dem {day}", "Aucun message avant le {day}", "Ningún mensaje antes del {day}"],
  "Unsubscribe?": ["Abmelden?", "Se désabonner\u00a0?", "¿Darse de baja?"],
  "You will get no more messages of this kind by {by}: {what}.": ["Sie bekommen dann keine Nachrichten dieser Art mehr per {by}: {what}.", "Vous ne recevrez plus de messages de ce type par {by}\u00a0: {what}.", "Ya no recibirá mensajes de este tipo por {by}: {what}."],
  "Why did I get this?": ["Warum bekomme ich das?", "Pourquoi ce message\u00a0?", "¿Por qué recibo esto?"],
  Unsubscribe: ["Abmelden", "Se désabonner", "Darse de baja"],
  "Choose what you get instead": ["Lieber auswählen, was Sie bekommen", "Choisir plutôt ce que vous recevez", "Elegir mejor qué recibe"],
  "You are unsubscribed": ["Sie sind abgemeldet", "Vous êtes désabonné", "Se ha dado de baja"],
  "You get no more messages of this kind by {by}: {what}. This holds from now on.": ["Sie bekommen keine Nachrichten dieser Art mehr per {by}: {what}. Das gilt ab sofort.", "Vous ne recevez plus de messages de ce type par {by}\u00a0: {what}. Cela vaut dès maintenant.", "Ya no recibe mensajes de este tipo por {by}: {what}. Vale desde ahora."],
  email: ["E-Mail", "e-mail", "correo electrónico"],
  "text message": ["SMS", "SMS", "SMS"],
  "browser notification": ["Browser-Benachrichtigung", "notification du navigateur", "notificación del navegador"],
  "app notification": ["App-Benachrichtigung", "notification de l'application", "notificación de la aplicación"],
  "message on our site": ["Nachricht auf unserer Website", "message sur notre site", "mensaje en nuestro sitio"],
  "message to a system": ["Nachricht an ein System", "message à un système", "mensaje a un sistema"],
  "Your browser asks us not to use what we know of you for advertising.": ["Ihr Browser bittet uns, was wir von Ihnen wissen, nicht für Werbung zu verwenden.", "Votre navigateur nous demande de ne pas utiliser ce que nous savons de vous pour la publicité.", "Su navegador nos pide que no usemos lo que sabemos de usted para publicidad."],
  "You said no to advertising.": ["Sie haben Werbung abgelehnt.", "Vous avez refusé la publicité.", "Usted ha rechazado la publicidad."],
  "You answered STOP. Send START to the number our messages came from to get them again.": ["Sie haben STOP geantwortet. Senden Sie START an die Nummer, von der unsere Nachrichten kamen, um sie wieder zu bekommen.", "Vous avez répondu STOP. Envoyez START au numéro d'où venaient nos messages pour les recevoir à nouveau.", "Respondió STOP. Envíe START al número del que venían nuestros mensajes para recibirlos de nuevo."],
  "Messages to the address we have do not arrive.": ["Nachrichten an die Adresse, die wir haben, kommen nicht an.", "Les messages envoyés à l'adresse que nous avons n'arrivent pas.", "Los mensajes a la dirección que tenemos no llegan."],
  "You reported our messages as unwanted, so we send none to this address.": ["Sie haben unsere Nachrichten als unerwünscht gemeldet; an diese Adresse senden wir keine.", "Vous avez signalé nos messages comme indésirables\u00a0; nous n'en envoyons plus à cette adresse.", "Usted marcó nuestros mensajes como no deseados; no enviamos ninguno a esta dirección."],
  "What we knew of you was erased.": ["Was wir von Ihnen wussten, wurde gelöscht.", "Ce que nous savions de vous a été effacé.", "Lo que sabíamos de usted se ha borrado."],
  "Choose the date until which you want a break.": ["Wählen Sie den Tag, bis zu dem Sie eine Pause möchten.", "Choisissez la date jusqu'à laquelle vous voulez une pause.", "Elija la fecha hasta la que quiere una pausa."],
  "The date of your break has to be in the future.": ["Der Tag Ihrer Pause muss in der Zukunft liegen.", "La date de votre pause doit être dans le futur.", "La fecha de su pausa tiene que estar en el futuro."],
  "A break can last a year at most. To end our messages for good, unsubscribe.": ["Eine Pause kann höchstens ein Jahr dauern. Um unsere Nachrichten ganz zu beenden, melden Sie sich ab.", "Une pause peut durer un an au plus. Pour arrêter nos messages définitivement, désabonnez-vous.", "Una pausa puede durar un año como mucho. Para terminar con nuestros mensajes, dese de baja."],
  "Choose when your quiet hours begin and end.": ["Wählen Sie, wann Ihre Ruhezeiten beginnen und enden.", "Choisissez quand vos heures de silence commencent et finissent.", "Elija cuándo empiezan y terminan sus horas de silencio."],
  "Your quiet hours have to begin and end at different times.": ["Ihre Ruhezeiten müssen zu verschiedenen Zeiten beginnen und enden.", "Vos heures de silence doivent commencer et finir à des heures différentes.", "Sus horas de silencio tienen que empezar y terminar a horas distintas."],
  "The form cannot be read. Load the page again.": ["Das Formular kann nicht gelesen werden. Laden Sie die Seite neu.", "Le formulaire ne peut pas être lu. Rechargez la page.", "El formulario no se puede leer. Vuelva a cargar la página."],
  "Why did you get this message?": ["Warum haben Sie diese Nachricht bekommen?", "Pourquoi avez-vous reçu ce message\u00a0?", "¿Por qué recibió este mensaje?"],
  'It is about the {what} "{subject}".': ["Es geht um die {what} „{subject}“.", "Il s'agit de\u00a0: {what} «\u00a0{subject}\u00a0».", "Se trata de: {what} «{subject}»."],
  "Unsubscribe from these messages": ["Von diesen Nachrichten abmelden", "Se désabonner de ces messages", "Darse de baja de estos mensajes"],
  "Choose what you get": ["Auswählen, was Sie bekommen", "Choisir ce que vous recevez", "Elegir qué recibe"],
  "What became of it?": ["Was wurde daraus?", "Qu'est-il devenu\u00a0?", "¿Qué fue de él?"],
  "Why you?": ["Warum Sie?", "Pourquoi vous\u00a0?", "¿Por qué usted?"],
  "Why now?": ["Warum jetzt?", "Pourquoi maintenant\u00a0?", "¿Por qué ahora?"],
  "Were we allowed to?": ["Durften wir das?", "En avions-nous le droit\u00a0?", "¿Podíamos hacerlo?"],
  "What did we use?": ["Was haben wir verwendet?", "Qu'avons-nous utilisé\u00a0?", "¿Qué usamos?"],
  "What did we not send instead?": ["Was haben wir stattdessen nicht gesendet?", "Qu'avons-nous renoncé à envoyer\u00a0?", "¿Qué dejamos de enviar?"],
  "The text was written with: {fields}.": ["Der Text wurde geschrieben mit: {fields}.", "Le texte a été écrit avec\u00a0: {fields}.", "El texto se escribió con: {fields}."],
  "{field} (of what happened)": ["{field} (von dem, was geschah)", "{field} (de ce qui s'est passé)", "{field} (de lo que ocurrió)"],
  "It is waiting to be sent.": ["Sie wartet darauf, gesendet zu werden.", "Il attend d'être envoyé.", "Está esperando a ser enviado."],
  "It is being sent.": ["Sie wird gerade gesendet.", "Il est en cours d'envoi.", "Se está enviando."],
  "It was sent.": ["Sie wurde gesendet.", "Il a été envoyé.", "Se envió."],
  "It was not sent.": ["Sie wurde nicht gesendet.", "Il n'a pas été envoyé.", "No se envió."],
  "It could not be delivered.": ["Sie konnte nicht zugestellt werden.", "Il n'a pas pu être remis.", "No se pudo entregar."],
  "It may have been sent; the answer was lost on the way.": ["Sie wurde vielleicht gesendet; die Antwort ging unterwegs verloren.", "Il a peut-être été envoyé\u00a0; la réponse s'est perdue en route.", "Puede que se enviara; la respuesta se perdió por el camino."],
  "It was cancelled before it was sent.": ["Sie wurde vor dem Senden zurückgezogen.", "Il a été annulé avant l'envoi.", "Se canceló antes de enviarlo."],
  "It was sent as {what} on {when}.": ["Sie wurde am {when} per {by} gesendet.", "Il a été envoyé par {by} le {when}.", "Se envió por {by} el {when}."],
  "Somebody at our end sent you this.": ["Jemand bei uns hat Ihnen das gesendet.", "Quelqu'un chez nous vous l'a envoyé.", "Alguien de nuestro equipo se lo envió."],
  'You are in the plan "{name}".': ["Sie sind im Plan „{name}“.", "Vous êtes dans le plan «\u00a0{name}\u00a0».", "Está en el plan «{name}»."],
  "our team": ["unser Team", "notre équipe", "nuestro equipo"],
  "Because of what happened on {when}: {name}.": ["Wegen dem, was am {when} geschah: {name}.", "À cause de ce qui s'est passé le {when}\u00a0: {name}.", "Por lo que ocurrió el {when}: {name}."],
  'Because on {when} you came to belong to the group "{name}".': ["Weil Sie seit dem {when} zur Gruppe „{name}“ gehören.", "Parce que vous êtes entré le {when} dans le groupe «\u00a0{name}\u00a0».", "Porque el {when} entró en el grupo «{name}»."],
  'Because on {when} you stopped belonging to the group "{name}".': ["Weil Sie seit dem {when} nicht mehr zur Gruppe „{name}“ gehören.", "Parce que vous avez quitté le {when} le groupe «\u00a0{name}\u00a0».", "Porque el {when} salió del grupo «{name}»."],
  "Because of a date we keep for you ({name}): {when}.": ["Wegen eines Datums, das wir für Sie führen ({name}): {when}.", "À cause d'une date que nous gardons pour vous ({name})\u00a0: {when}.", "Por una fecha que guardamos para usted ({name}): {when}."],
  "Because it was planned for {when}.": ["Weil es für den {when} geplant war.", "Parce que c'était prévu pour le {when}.", "Porque estaba previsto para el {when}."],
  "Because {name} asked for it on {when}.": ["Weil {name} am {when} darum gebeten hat.", "Parce que {name} l'a demandé le {when}.", "Porque {name} lo pidió el {when}."],
  'It belongs to the plan "{name}" (version {version}, step {step}).': ["Sie gehört zum Plan „{name}“ (Version {version}, Schritt {step}).", "Il fait partie du plan «\u00a0{name}\u00a0» (version {version}, étape {step}).", "Pertenece al plan «{name}» (versión {version}, paso {step})."],
  "It is about something you asked us for, such as an order or an appointment, so it needs no further permission.": ["Es geht um etwas, worum Sie uns gebeten haben, etwa eine Bestellung oder einen Termin; dafür braucht es keine weitere Erlaubnis.", "Il concerne quelque chose que vous nous avez demandé, comme une commande ou un rendez-vous\u00a0; aucune autre permission n'est nécessaire.", "Trata de algo que nos pidió, como un pedido o una cita, así que no necesita más permiso."],
  "You had said nothing against messages of this kind ({purpose}).": ["Sie hatten nichts gegen Nachrichten dieser Art ({purpose}) gesagt.", "Vous n'aviez rien dit contre les messages de ce type ({purpose}).", "No había dicho nada en contra de mensajes de este tipo ({purpose})."],
  "You agreed to {purpose} messages{when}{source}.": ["Sie haben Nachrichten dieser Art ({purpose}) zugestimmt{when}{source}.", "Vous avez accepté les messages de ce type ({purpose}){when}{source}.", "Usted aceptó mensajes de este tipo ({purpose}){when}{source}."],
  "You had said no to {purpose} messages{when}{source}.": ["Sie hatten Nachrichten dieser Art ({purpose}) abgelehnt{when}{source}.", "Vous aviez refusé les messages de ce type ({purpose}){when}{source}.", "Usted había rechazado mensajes de este tipo ({purpose}){when}{source}."],
  " on {when}": [" am {when}", " le {when}", " el {when}"],
  "; we know that from {source}": ["; das wissen wir durch {source}", "\u00a0; nous le savons par {source}", "; lo sabemos por {source}"],
  "what you ticked or filled in": ["das, was Sie angekreuzt oder ausgefüllt haben", "ce que vous avez coché ou rempli", "lo que marcó o rellenó"],
  "your choice in the preference centre": ["Ihre Auswahl in den Einstellungen", "votre choix dans les préférences", "lo que eligió en sus preferencias"],
  "your unsubscribing": ["Ihre Abmeldung", "votre désabonnement", "su baja"],
  "your browser's privacy signal": ["das Datenschutzsignal Ihres Browsers", "le signal de confidentialité de votre navigateur", "la señal de privacidad de su navegador"],
  "Before it left, {n} rule was asked; {passed} had nothing against it{not}.": ["Vor dem Senden wurde {n} Regel gefragt; ohne Einwand: {passed}{not}.", "Avant l'envoi, {n} règle a été consultée\u00a0; sans objection\u00a0: {passed}{not}.", "Antes de enviarlo se consultó {n} regla; sin objeción: {passed}{not}."],
  "Before it left, {n} rules were asked; {passed} had nothing against it{not}.": ["Vor dem Senden wurden {n} Regeln gefragt; ohne Einwand: {passed}{not}.", "Avant l'envoi, {n} règles ont été consultées\u00a0; sans objection\u00a0: {passed}{not}.", "Antes de enviarlo se consultaron {n} reglas; sin objeción: {passed}{not}."],
  ", and {n} does not apply to messages of this kind": [", und {n} gilt nicht für Nachrichten dieser Art", ", et {n} ne s'applique pas aux messages de ce type", ", y {n} no se aplica a mensajes de este tipo"],
  ", and {n} do not apply to messages of this kind": [", und {n} gelten nicht für Nachrichten dieser Art", ", et {n} ne s'appliquent pas aux messages de ce type", ", y {n} no se aplican a mensajes de este tipo"],
} as const satisfies { readonly [english: string]: readonly [de: string, fr: string, es: string] }; // prettier-ignore

export type Phrase = keyof typeof PHRASES;
/** All of them; what a test holds the translations to. */
export const ALL_PHRASES = PHRASES;

/** Says phrases in one language. */
export type Speech = {
  readonly language: Language;
  readonly say: (phrase: Phrase, values?: { readonly [name: string]: string | number }) => string;
  /** A text that may be one of our phrases, as an older part of us wrote it down in English. */
  readonly retold: (text: string) => string;
  /** `3 May 2026`. */
  readonly day: (at: Instant, zone: string) => string;
  /** `3 May 2026 at 14:05 UTC`. */
  readonly moment: (at: Instant) => string;
};

const LOCALES: { readonly [language in Language]: string } = { en: "en-GB", de: "de", fr: "fr", es: "es" };
const OWN_PLAN = /^You are in the plan "(.*)"\.$/s;

export function speechIn(language: Language): Speech {
  const place = LANGUAGES.indexOf(language) - 1;
  const say: Speech["say"] = (phrase, values = {}) =>
    (place < 0 ? phrase : PHRASES[phrase][place]!).replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? "")); // prettier-ignore
  return {
    language,
    say,
    retold: (text) => {
      const plan = OWN_PLAN.exec(text)?.[1];
      if (plan !== undefined) return say('You are in the plan "{name}".', { name: plan });
      return Object.hasOwn(PHRASES, text) ? say(text as Phrase) : text;
    },
    day: (at, zone) =>
      new Intl.DateTimeFormat(LOCALES[language], { timeZone: zone, dateStyle: "long" }).format(at),
    moment: (at) =>
      `${new Intl.DateTimeFormat(LOCALES[language], { timeZone: "UTC", dateStyle: "long", timeStyle: "short" }).format(at)} UTC`,
  };
}
export const ENGLISH: Speech = speechIn("en");

const languageIn = (tag: string): Language | null =>
  LANGUAGES.find((one) => one === tag.trim().toLowerCase().split(/[-_]/)[0]) ?? null;
/** Of a header that a browser sends no more is read. */
const ACCEPT_CHARS_MAX = 500;

/**
 * The language to speak: the one we know of the customer, else the one their browser likes best (RFC 9110, section
 * 12.5.4) of those we speak, else English.
 */
export function languageFor(known: readonly unknown[], accept: string | undefined): Language {
  for (const one of known) {
    const found = typeof one === "string" ? languageIn(one) : null;
    if (found) return found;
  }
  const liked = (accept ?? "").slice(0, ACCEPT_CHARS_MAX).split(",").map((part, place) => {
    const [tag = "", ...parameters] = part.split(";");
    const weight = Number(/^\s*q\s*=\s*([\d.]+)\s*$/i.exec(parameters.find((one) => /^\s*q\s*=/i.test(one)) ?? "q=1")?.[1] ?? 0);
    return { language: languageIn(tag), weight, place };
  }); // prettier-ignore
  const [best] = liked.filter(({ language, weight }) => language !== null && weight > 0).toSorted((a, b) => b.weight - a.weight || a.place - b.place); // prettier-ignore
  return best?.language ?? "en";
}
