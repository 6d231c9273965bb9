package dev.sluice.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.function.Function;

/** How sockets are waited for: by epoll where there is a build of it for this machine, else by the JDK's selector. */
record Transport(
        IoHandlerFactory handlers,
        ChannelFactory<SocketChannel> sockets,
        ChannelFactory<ServerChannel> listeners,
        ChannelFactory<? extends Channel> fileSockets,
        Function<Path, SocketAddress> files) {

    static Transport best() {
        return Epoll.isAvailable()
                ? new Transport(
                        EpollIoHandler.newFactory(),
                        EpollSocketChannel::new,
                        EpollServerSocketChannel::new,
                        EpollDomainSocketChannel::new,
                        file -> new DomainSocketAddress(file.toString()))
                : new Transport(
                        NioIoHandler.newFactory(),
                        NioSocketChannel::new,
                        NioServerSocketChannel::new,
                        NioDomainSocketChannel::new,
                        UnixDomainSocketAddress::of);
    }
}
