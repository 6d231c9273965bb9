package dev.sluice.provider;

import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.Uri;

/** Where one request goes: the connection's other end, the name it goes by there, and the address on its first line. */
record Place(Target.Host host, HttpHeader hostHeader, Uri uri) {}
