package dev.sluice;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.pekko.actor.Actor;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.jspecify.annotations.NullMarked;

/** The walls of the house. What a rule means, and why it is there, stands in CONTRIBUTING.md and in the rooms' cards. */
@AnalyzeClasses(packages = "dev.sluice", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {
    private static final String[] FACES = {"dev.sluice.proxy..", "dev.sluice.admin..", "dev.sluice.export.."};
    private static final String[] ROOMS = {
        "dev.sluice.identity..",
        "dev.sluice.key..",
        "dev.sluice.access..",
        "dev.sluice.routing..",
        "dev.sluice.policy..",
        "dev.sluice.provider..",
        "dev.sluice.pricing..",
        "dev.sluice.quota..",
        "dev.sluice.session..",
        "dev.sluice.usage..",
        "dev.sluice.capture..",
        "dev.sluice.audit..",
        "dev.sluice.hook..",
        "dev.sluice.connector.."
    };
    private static final String[] GROUND = {
        "dev.sluice.wire..",
        "dev.sluice.config..",
        "dev.sluice.journal..",
        "dev.sluice.cassandra..",
        "dev.sluice.cluster..",
        "dev.sluice.net..",
        "dev.sluice.metric..",
        "dev.sluice.trace.."
    };
    private static final String[] PURE = {
        "dev.sluice.access..", "dev.sluice.routing..", "dev.sluice.pricing..", "dev.sluice.config.."
    };
    private static final String SIMULATOR = "dev.sluice.simulator..";

    // --- stairs

    @ArchTest
    static final ArchRule stairsGoDown = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("Main")
            .definedBy("dev.sluice")
            .layer("Faces")
            .definedBy(FACES)
            .layer("Gate")
            .definedBy("dev.sluice.gate..")
            .layer("Rooms")
            .definedBy(ROOMS)
            .layer("Ground")
            .definedBy(GROUND)
            .layer("Simulator")
            .definedBy(SIMULATOR)
            .whereLayer("Main")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("Faces")
            .mayOnlyBeAccessedByLayers("Main")
            .whereLayer("Gate")
            .mayOnlyBeAccessedByLayers("Main", "Faces")
            .whereLayer("Rooms")
            .mayOnlyBeAccessedByLayers("Main", "Faces", "Gate")
            .whereLayer("Ground")
            .mayOnlyBeAccessedByLayers("Main", "Faces", "Gate", "Rooms")
            .whereLayer("Simulator")
            .mayOnlyBeAccessedByLayers("Main")
            .whereLayer("Simulator")
            .mayNotAccessAnyLayer();

    /** Else a new package would stand outside all the rules above. */
    @ArchTest
    static final ArchRule everythingStandsOnAStair = classes()
            .should()
            .resideInAnyPackage(
                    concat(concat(FACES, ROOMS), concat(GROUND, "dev.sluice", "dev.sluice.gate..", SIMULATOR)));

    @ArchTest
    static final ArchRule facesDoNotMeet = slices().matching("dev.sluice.(*)..")
            .that(are(describe("faces", slice -> slice.stream().anyMatch(resideInAnyPackage(FACES)))))
            .should()
            .notDependOnEachOther();

    @ArchTest
    static final ArchRule roomsFormNoCycle =
            slices().matching("dev.sluice.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule policyIsPure = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat(doIo().and(not(oneOf(
                    // An address in the policy is a value; nobody here connects to it.
                    URI.class,
                    URISyntaxException.class,
                    URLDecoder.class,
                    // The price table lies on the class path, and Jackson speaks of trouble in its terms.
                    InputStream.class,
                    IOException.class,
                    UncheckedIOException.class))))
            .orShould()
            .dependOnClassesThat(resideInAnyPackage("org.apache.pekko..", "scala.concurrent.."));

    // --- actors

    @ArchTest
    static final ArchRule noPublicBehavior = noClasses()
            .that(assignableTo(Behavior.class).or(assignableTo(Actor.class)))
            .should()
            .bePublic();

    @ArchTest
    static final ArchRule actorsStayInTheirRoom = methods()
            .that()
            .arePublic()
            .and()
            .areDeclaredInClassesThat()
            .arePublic()
            .should(new ArchCondition<>("show no actor") {
                @Override
                public void check(com.tngtech.archunit.core.domain.JavaMethod method, ConditionEvents events) {
                    var shown = method.getAllInvolvedRawTypes().stream()
                            .filter(type -> type.isEquivalentTo(ActorRef.class) || type.isAssignableTo(Behavior.class))
                            .toList();
                    if (!shown.isEmpty()) {
                        events.add(SimpleConditionEvent.violated(method, method.getDescription() + " shows " + shown));
                    }
                }
            });

    /** Commands wait for what they have started; they have a thread of their own, the process's first. */
    @ArchTest
    static final ArchRule nobodyBlocks = noClasses()
            .that(not(resideInAPackage("dev.sluice")
                    .and(describe("commands", type -> type.getSimpleName().endsWith("Command")))))
            .should()
            .callMethodWhere(called(Future.class, "get", "join"))
            .orShould()
            .callMethodWhere(called(Thread.class, "sleep"))
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("scala.concurrent.Await");

    // --- the outside

    @ArchTest
    static final ArchRule onlyFacesServeHttp = noClasses()
            .that()
            .resideOutsideOfPackages(concat(FACES, SIMULATOR))
            .should()
            .callMethodWhere(called("org.apache.pekko.http.javadsl.Http", "newServerAt", "serverLayer", "bind"))
            .orShould()
            .callMethodWhere(called("org.apache.pekko.stream.javadsl.Tcp", "bind"))
            .orShould()
            .dependOnClassesThat(resideInAnyPackage("com.sun.net.httpserver.."));

    /** The simulator plays callers, too. {@code ControlPlane} is a client of a gateway, in the process of a command. */
    @ArchTest
    static final ArchRule fewCallOut = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "dev.sluice.provider..",
                    "dev.sluice.hook..",
                    "dev.sluice.export..",
                    "dev.sluice.identity..",
                    SIMULATOR)
            .and()
            .doNotHaveFullyQualifiedName("dev.sluice.ControlPlane")
            .should()
            .callMethodWhere(called(
                    "org.apache.pekko.http.javadsl.Http",
                    "connectionTo",
                    "outgoingConnection",
                    "singleRequest",
                    "singleWebSocketRequest",
                    "cachedHostConnectionPool",
                    "newHostConnectionPool",
                    "superPool",
                    "clientLayer"))
            .orShould()
            .callMethodWhere(called("org.apache.pekko.stream.javadsl.Tcp", "outgoingConnection"))
            .orShould()
            .dependOnClassesThat(resideInAnyPackage("java.net.http.."))
            .orShould()
            .dependOnClassesThat(oneOf(java.net.Socket.class, java.net.URLConnection.class));

    /**
     * {@link System#nanoTime} is allowed: it measures how long something took and says nothing about when it was, so nobody would want
     * to set it, and a request path may ask for it without an object in between.
     */
    @ArchTest
    static final ArchRule timeComesFromAClock = noClasses()
            .that()
            .resideOutsideOfPackage("dev.sluice")
            .should()
            .callMethodWhere(describe(
                    "ask what time it is",
                    call -> call.getTargetOwner().getPackageName().startsWith("java.time")
                            && (call.getName().equals("now") || call.getName().startsWith("system"))))
            .orShould()
            .callMethodWhere(called(System.class, "currentTimeMillis"))
            .orShould()
            .callConstructorWhere(constructed(Date.class));

    @ArchTest
    static final ArchRule randomnessComesFromAGenerator = noClasses()
            .that()
            .resideOutsideOfPackage("dev.sluice")
            .should()
            .callConstructorWhere(constructed(Random.class).or(constructed(SecureRandom.class)))
            .orShould()
            .callMethodWhere(called(ThreadLocalRandom.class, "current"))
            .orShould()
            .callMethodWhere(called(Math.class, "random"))
            .orShould()
            .callMethodWhere(called(UUID.class, "randomUUID"));

    // --- names and nulls

    @ArchTest
    static final ArchRule namesSayWhatThingsAre =
            noClasses().should().haveNameMatching(".*(Impl|Manager|Helper|Helpers|Util|Utils)(\\$.*)?");

    @ArchTest
    static final ArchRule everyPackageHasACard = classes()
            .should(new ArchCondition<>("have a null-marked package-info") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                    if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
                        events.add(SimpleConditionEvent.violated(
                                type, type.getPackageName() + " has no package-info.java with @NullMarked"));
                    }
                }
            });

    private static DescribedPredicate<JavaClass> doIo() {
        return resideInAnyPackage("java.io..", "java.nio.channels..", "java.nio.file..", "java.net..", "java.sql..");
    }

    private static DescribedPredicate<JavaClass> oneOf(Class<?>... types) {
        return describe(
                "one of " + Arrays.toString(types), type -> Arrays.stream(types).anyMatch(type::isEquivalentTo));
    }

    private static DescribedPredicate<JavaCall<?>> called(Class<?> owner, String... names) {
        return target(com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner(assignableTo(owner)))
                .<JavaCall<?>>forSubtype()
                .and(named(names));
    }

    private static DescribedPredicate<JavaCall<?>> called(String owner, String... names) {
        return describe(
                owner + "." + List.of(names),
                call -> call.getTargetOwner().getName().equals(owner)
                        && Arrays.stream(names).anyMatch(call.getName()::startsWith));
    }

    private static DescribedPredicate<JavaCall<?>> named(String... names) {
        var known = Set.of(names);
        return describe("named " + known, call -> known.contains(call.getName()));
    }

    private static DescribedPredicate<JavaConstructorCall> constructed(Class<?> type) {
        return describe(
                "new " + type.getSimpleName(), call -> call.getTargetOwner().isEquivalentTo(type));
    }

    private static String[] concat(String[] first, String... second) {
        var all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}
