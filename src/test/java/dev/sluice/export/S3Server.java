package dev.sluice.export;

import java.lang.reflect.Method;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/**
 * A real S3 server (S3Proxy, in memory), which checks signatures and digests. It brings all that it needs in one jar, and has a class loader of
 * its own, so that none of that meets what we use.
 */
@SuppressWarnings("try") // Closing may be interrupted, as anything in a test.
final class S3Server implements AutoCloseable {
    static final String KEY_ID = "AKIATEST";
    static final String SECRET = "test-secret";

    private final URLClassLoader loader;
    private final Object server;
    private final S3AsyncClient client;

    private S3Server(URLClassLoader loader, Object server) throws ReflectiveOperationException {
        this.loader = loader;
        this.server = server;
        this.client = S3AsyncClient.builder()
                .endpointOverride(URI.create("http://127.0.0.1:" + port()))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY_ID, SECRET)))
                .build();
    }

    static S3Server start() throws Exception {
        var jar = onlyFile(Path.of("target", "s3-server"));
        var logging = Path.of("src", "test", "resources", "s3-server").toUri().toURL();
        var loader = new URLClassLoader(new URL[] {logging, jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader());
        var thread = Thread.currentThread();
        var usual = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            var store = loader.loadClass("org.gaul.s3proxy.nio2blob.TransientNio2BlobStore")
                    .getConstructor()
                    .newInstance();
            var authentication = loader.loadClass("org.gaul.s3proxy.auth.AuthenticationType")
                    .getField("AWS_V2_OR_V4")
                    .get(null);
            var builder = loader.loadClass("org.gaul.s3proxy.S3Proxy")
                    .getMethod("builder")
                    .invoke(null);
            call(builder, "blobStore", store);
            call(builder, "endpoint", URI.create("http://127.0.0.1:0"));
            call(builder, "awsAuthentication", authentication, KEY_ID, SECRET);
            call(builder, "stopTimeout", 0L);
            var server = call(builder, "build");
            call(server, "start");
            return new S3Server(loader, server);
        } finally {
            thread.setContextClassLoader(usual);
        }
    }

    private static Path onlyFile(Path directory) throws Exception {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no S3 server in " + directory.toAbsolutePath()
                            + " (expected: mvn process-test-resources)"));
        }
    }

    private static Object call(Object on, String name, Object... arguments) throws ReflectiveOperationException {
        var method = Arrays.stream(on.getClass().getMethods())
                .filter(it -> it.getName().equals(name) && it.getParameterCount() == arguments.length)
                .findFirst()
                .orElseThrow(() -> new NoSuchMethodException(name));
        return invoke(method, on, arguments);
    }

    private static Object invoke(Method method, Object on, Object... arguments) throws ReflectiveOperationException {
        return method.invoke(on, arguments);
    }

    int port() throws ReflectiveOperationException {
        return (int) call(server, "getPort");
    }

    void make(String bucket) {
        client.createBucket(it -> it.bucket(bucket)).join();
    }

    /** Every object by its name, as a client of S3 gets it. */
    Map<String, byte[]> objects(String bucket) {
        var objects = new TreeMap<String, byte[]>();
        client.listObjectsV2Paginator(it -> it.bucket(bucket))
                .contents()
                .subscribe(object -> objects.put(object.key(), new byte[0]))
                .join();
        objects.replaceAll(
                (name, _) -> client.getObject(it -> it.bucket(bucket).key(name), AsyncResponseTransformer.toBytes())
                        .join()
                        .asByteArray());
        return objects;
    }

    @Override
    public void close() throws Exception {
        client.close();
        call(server, "stop");
        loader.close();
    }
}
